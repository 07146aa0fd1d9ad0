// The one place where anything blocks, and the seam that other ways of waiting replace.
//
// A plain thread waits in poll(2), or lets the kernel block it inside recv and send. Where a Waiter is
// installed for a thread, every blocking call of Socket on it asks the kernel without blocking first and then
// hands its wait to the Waiter. The iterative server uses that to stay able to shut down inside a handler;
// an event loop can use it to suspend the caller and run others.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// Another way to wait. Installed per thread, and called only by the thread it is installed on.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// As wait_any() below promises. Socket asks it with Deadline::now(), too, every some calls that need not
  /// wait: a busy peer must not keep it from what else it does.
  virtual int wait(std::span<pollfd> fds, Deadline deadline) = 0;
  /// Waits for one descriptor of a socket whose last call had to wait, or took all there was; false when the
  /// deadline came first. `registration` belongs to the descriptor, 0 at first: a Waiter may note there that
  /// it looks at it already.
  virtual bool wait_for_edge(int fd, short events, Deadline deadline, std::uint32_t& registration) {
    static_cast<void>(registration);
    pollfd one{fd, events, 0};
    return wait({&one, 1}, deadline) > 0;
  }
  /// sendmsg(2) that does not wait, as `flags` say. A Waiter with several callers may let others go on first,
  /// and send what they all have by one system call.
  virtual ssize_t send_message(int fd, const msghdr& message, int flags) {
    return ::sendmsg(fd, &message, flags);
  }
};

/// The Waiter of this thread, or nullptr for the kernel's own blocking.
inline constinit thread_local Waiter* current_waiter = nullptr;

/// Installs a Waiter on this thread for as long as the scope lasts. Scopes nest.
class WaiterScope {
 public:
  explicit WaiterScope(Waiter* waiter) : previous_(current_waiter) { current_waiter = waiter; }
  ~WaiterScope() { current_waiter = previous_; }
  WaiterScope(const WaiterScope&) = delete;
  WaiterScope& operator=(const WaiterScope&) = delete;

 private:
  Waiter* previous_;
};

/// Waits as poll(2) does: until one of `fds` is ready (their number is returned, revents say for what) or the
/// deadline has passed (0). With no descriptors it sleeps. Signals are not noticed. Throws OSError.
int wait_any(std::span<pollfd> fds, Deadline deadline);

/// The same in poll(2), whatever Waiter is installed: what Waiters themselves end in.
int wait_in_poll(std::span<pollfd> fds, Deadline deadline);

/// Waits for one descriptor; false when the deadline came first. An error or hang-up counts as ready: the
/// call that follows tells what it is.
bool wait_readable(int fd, Deadline deadline);
bool wait_writable(int fd, Deadline deadline);

}  // namespace socketserver
