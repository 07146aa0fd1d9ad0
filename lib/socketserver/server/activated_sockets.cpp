#include "socketserver/server/activated_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

constexpr int kFirst = 3;  // sd_listen_fds(3): SD_LISTEN_FDS_START

// Removes it from the environment.
std::string take(const char* variable) {
  const char* const value = std::getenv(variable);
  const std::string copy = value == nullptr ? "" : value;
  ::unsetenv(variable);
  return copy;
}

int to_number(const char* variable, std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0)
    throw std::invalid_argument(std::string(variable) + " is '" + std::string(text) + "', not a number");
  return number;
}

void close_on_exec(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
    throw_os_error(errno, "LISTEN_FDS: descriptor " + std::to_string(fd));
}

}  // namespace

std::vector<ActivatedSocket> activated_sockets() {
  const std::string pid = take("LISTEN_PID"), count = take("LISTEN_FDS");
  std::istringstream names(take("LISTEN_FDNAMES"));
  std::vector<ActivatedSocket> sockets;
  if (pid.empty() || count.empty() || to_number("LISTEN_PID", pid) != ::getpid()) return sockets;
  const int number = to_number("LISTEN_FDS", count);
  for (int fd = kFirst; fd - kFirst < number; ++fd) {
    close_on_exec(fd);  // before there is an owner: where it throws, nothing is ours
    std::string name;
    if (!std::getline(names, name, ':')) name = "unknown";
    sockets.push_back({Fd(fd), std::move(name)});
  }
  return sockets;
}

}  // namespace socketserver
