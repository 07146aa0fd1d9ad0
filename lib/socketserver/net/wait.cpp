#include "socketserver/net/wait.hpp"

#include <cerrno>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

bool wait_one(int fd, short events, Deadline deadline) {
  pollfd one{fd, events, 0};
  return wait_any({&one, 1}, deadline) > 0;
}

}  // namespace

int wait_in_poll(std::span<pollfd> fds, Deadline deadline) {
  for (;;) {
    const int ready = ::poll(fds.data(), fds.size(), deadline.poll_timeout());
    if (ready > 0) return ready;
    if (ready < 0 && errno != EINTR) throw_os_error(errno, "poll");
    if (deadline.expired()) return 0;
  }
}

int wait_any(std::span<pollfd> fds, Deadline deadline) {
  return current_waiter != nullptr ? current_waiter->wait(fds, deadline) : wait_in_poll(fds, deadline);
}

bool wait_readable(int fd, Deadline deadline) { return wait_one(fd, POLLIN, deadline); }
bool wait_writable(int fd, Deadline deadline) { return wait_one(fd, POLLOUT, deadline); }

}  // namespace socketserver
