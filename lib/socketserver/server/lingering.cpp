#include "socketserver/server/lingering.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>

namespace socketserver {
namespace {

constexpr std::size_t kReadSize = 16'384;  // fits every stack
// Of one connection in a turn of the loop: a client that goes on sending must not keep it from the others.
constexpr int kMostReads = 8;

// Has the peer ended it?
bool has_ended(int fd) noexcept {
  std::array<char, kReadSize> ignored;
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t n = ::recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (n == 0) return true;
    if (n < 0) return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
  }
  return false;
}

}  // namespace

void Lingering::add(int fd) noexcept {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return;
  ::shutdown(copy.get(), SHUT_WR);
  if (connections_.size() >= kMost) connections_.pop_front();
  try {
    connections_.push_back({std::move(copy), Deadline::after(kLongest)});
  } catch (const std::exception&) {  // no memory: it is closed now
  }
}

Deadline Lingering::watch(std::vector<pollfd>& fds) const {
  for (const Connection& each : connections_) fds.push_back({each.fd.get(), POLLIN, 0});
  return connections_.empty() ? Deadline::never() : connections_.front().end;
}

void Lingering::look() noexcept {
  std::erase_if(connections_,
                [](const Connection& each) { return has_ended(each.fd.get()) || each.end.expired(); });
}

}  // namespace socketserver
