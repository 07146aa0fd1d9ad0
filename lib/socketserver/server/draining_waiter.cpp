#include "socketserver/server/draining_waiter.hpp"

#include <algorithm>

namespace socketserver {

int DrainingWaiter::wait(std::span<pollfd> fds, Deadline deadline) {
  if (const int ready = wait_unless_stopping(fds, deadline); ready >= 0) return ready;
  if (!drained_.expired()) {
    const int ready = wait_in_poll(fds, std::min(deadline, drained_));
    if (ready > 0 || deadline.expired()) return ready;
  }
  cut_ = true;
  // There is no connection to shut down: as if it took too long.
  if (request_.is_datagram() || request_.fileno() < 0) return 0;
  request_.interrupt();
  return wait_in_poll(fds, deadline);
}

// -1 when the server is stopping.
int DrainingWaiter::wait_unless_stopping(std::span<pollfd> fds, Deadline deadline) {
  if (!drained_.is_never()) return -1;
  all_.assign(fds.begin(), fds.end());
  all_.push_back({stop_fd_, POLLIN, 0});
  const int ready = wait_in_poll(all_, deadline);
  std::copy_n(all_.begin(), fds.size(), fds.begin());
  if (all_.back().revents == 0) return ready;
  drained_ = Deadline::after(drain_timeout_);
  request_.ask_to_end();
  return ready > 1 ? ready - 1 : -1;
}

}  // namespace socketserver
