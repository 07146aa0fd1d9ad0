#include "common/line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "socketserver/net/error.hpp"

namespace socketserver::apps {
namespace {

// More than any datagram takes; what goes on without an end must not fill the memory.
constexpr std::size_t kMostLine = 1 << 20;

}  // namespace

LineInput::LineInput() : interactive_(::isatty(STDIN_FILENO) != 0) {}

LineInput::~LineInput() {
  const std::lock_guard lock(screen_);
  erase();
}

bool LineInput::may_read() const {
  return !ended_ && (!interactive_ || ::tcgetpgrp(STDIN_FILENO) == ::getpgrp());
}

// A terminal gives a line at a time, of what was pasted, too.
void LineInput::fill() {
  pollfd more{STDIN_FILENO, POLLIN, 0};
  do read_some();
  while (interactive_ && !ended_ && read_.size() < kMostLine && ::poll(&more, 1, 0) > 0);
  const std::lock_guard lock(screen_);
  if (read_.ends_with('\n')) drawn_ = false;  // whoever typed the line has ended that of the prompt, too
}

void LineInput::read_some() {
  char buffer[65536];
  const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (got > 0)
    read_.append(buffer, static_cast<std::size_t>(got));
  else if (got == 0 || errno == EIO)  // of a terminal that is gone
    ended_ = true;
  else if (errno != EINTR && errno != EAGAIN)
    ended_ = true, throw_os_error(errno, "read standard input");
  if (read_.size() < kMostLine || read_.find('\n') != read_.npos) return;
  ended_ = true;
  read_.clear();
  throw std::runtime_error("standard input has a line of more than 1 MiB");
}

std::optional<std::string> LineInput::next() {
  const std::size_t end = read_.find('\n');
  const bool whole = end != read_.npos;
  if (!whole && (read_.empty() || !ended_)) return std::nullopt;
  std::string line = read_.substr(0, end);
  read_.erase(0, whole ? end + 1 : end);
  const std::lock_guard lock(screen_);
  if (read_.find('\n') == read_.npos) draw();
  return line;
}

void LineInput::print(const std::string& line) {
  const std::lock_guard lock(screen_);
  erase();
  if (!(std::cout << line << std::endl)) unheard_ = true;
  draw();
}

void LineInput::note(const std::string& line) {
  const std::lock_guard lock(screen_);
  erase();
  std::cerr << line << std::endl;
  draw();
}

void LineInput::set_prompt(std::string prompt) {
  const std::lock_guard lock(screen_);
  erase();
  prompt_ = std::move(prompt);
  draw();
}

void LineInput::draw() {
  if (!interactive_ || drawn_ || ended_ || prompt_.empty()) return;
  std::cerr << prompt_ << std::flush;
  drawn_ = true;
}

void LineInput::erase() {
  if (!drawn_) return;
  std::cerr << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace socketserver::apps
