// Readiness of many descriptors.
#pragma once

#include <memory>
#include <span>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// Tells what has become ready since it was told last: once for each change, not for as long as a state
/// lasts. One thread.
class Poller {
 public:
  struct Event {
    int fd;
    short events;  ///< as poll(2) has them: POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, platform::kPeerClosed
  };

  virtual ~Poller() = default;
  /// Begins to look at `fd`, and tells what it is ready for already. True when it did not before; a
  /// descriptor that is closed is forgotten. Throws OSError.
  virtual bool add(int fd) = 0;
  virtual void remove(int fd) noexcept = 0;
  /// What somebody waits for now, 0 for nothing. Must be told for every wait: a poller may look at nothing
  /// else.
  virtual void want(int fd, short events) = 0;
  /// Waits until there is something to tell, or until the deadline. Valid until the next call. Throws
  /// OSError.
  virtual std::span<const Event> wait(Deadline deadline) = 0;
};

/// The best that the system has: epoll(7) on Linux, else poll(2), whose cost grows with the number of those
/// that wait.
std::unique_ptr<Poller> make_poller();
/// The portable one, wherever it runs.
std::unique_ptr<Poller> make_portable_poller();

}  // namespace socketserver
