#include "common/prompt.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "socketserver/net/error.hpp"

namespace socketserver::apps {
namespace {

// A line is one message, or one command; what goes on without an end must not fill the memory.
constexpr std::size_t kMostLine = 1 << 20;

std::optional<std::string> read_line() {
  std::string line;
  for (int c = std::getchar(); c != '\n'; c = std::getchar()) {
    if (c == EOF && std::ferror(stdin) != 0) throw_os_error(errno, "read standard input");
    if (c == EOF) return line.empty() ? std::nullopt : std::optional(std::move(line));
    if (line.size() == kMostLine) throw std::runtime_error("standard input has a line of more than 1 MiB");
    line += static_cast<char>(c);
  }
  return line;
}

}  // namespace

Prompt::Prompt(std::string text) : text_(std::move(text)), interactive_(::isatty(STDIN_FILENO) != 0) {}

std::optional<std::string> Prompt::next() {
  if (!std::cout.flush()) return std::nullopt;  // run_main() says so
  if (interactive_) std::cerr << text_ << std::flush;
  if (auto line = read_line()) return line;
  if (interactive_) std::cerr << "\n";  // the shell's own prompt shall not stand behind ours
  return std::nullopt;
}

}  // namespace socketserver::apps
