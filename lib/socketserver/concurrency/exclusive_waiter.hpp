// Waiting for a socket that other processes wait for as well.
#pragma once

#include <vector>

#include "socketserver/net/fd.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/net/wakeup.hpp"

namespace socketserver {

/// Of all processes that wait by one of these for the same socket, a request wakes one, where the system can
/// do that (EPOLLEXCLUSIVE); in poll(2) it would wake all, to find that one of them was quicker: the
/// thundering herd. Waits for anything else are those of poll(2). One thread.
class ExclusiveWaiter : public Waiter {
 public:
  /// For `fd`, which stays open as long as this lives. `hand_on` is shared by all of the processes.
  ExclusiveWaiter(int fd, Wakeup& hand_on) noexcept;
  /// Whoever was woken for a request may be told to stop as well, and leave it: then it wakes the others.
  ~ExclusiveWaiter() override;
  int wait(std::span<pollfd> fds, Deadline deadline) override;

 private:
  bool is_usual(std::span<pollfd> fds);
  bool watch(std::span<pollfd> fds) noexcept;

  [[maybe_unused]] int shared_;
  [[maybe_unused]] Wakeup& hand_on_;  // never drained: each notification is a change, and tells all
  Fd epoll_;
  std::vector<int> usual_;  // what the loop waits for, with shared_ among it
};

}  // namespace socketserver
