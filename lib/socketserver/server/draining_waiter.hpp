// How a handler that the loop itself runs waits.
#pragma once

#include <vector>

#include "socketserver/net/wait.hpp"
#include "socketserver/server/request.hpp"

namespace socketserver {

/// Waits for what the handler waits for, and for the server's stop as well: once that comes, the handler has
/// `drain_timeout` to end; then its connection is shut down, which ends its waiting there, and that of a
/// datagram's handler ends as at a deadline. One thread.
class DrainingWaiter : public Waiter {
 public:
  /// `stop_fd` becomes readable when the server shall stop. `request` outlives this.
  DrainingWaiter(int stop_fd, std::chrono::nanoseconds drain_timeout, Request& request)
      : stop_fd_(stop_fd), drain_timeout_(drain_timeout), request_(request) {}

  int wait(std::span<pollfd> fds, Deadline deadline) override;
  /// Had the handler to be ended?
  bool cut() const noexcept { return cut_; }

 private:
  int wait_unless_stopping(std::span<pollfd> fds, Deadline deadline);

  int stop_fd_;
  std::chrono::nanoseconds drain_timeout_;
  Request& request_;
  std::vector<pollfd> all_;
  Deadline drained_;  // never: the server is not stopping
  bool cut_ = false;
};

}  // namespace socketserver
