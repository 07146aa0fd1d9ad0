// The processes of a server that has one for each request.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <set>
#include <vector>

#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Forks a child for a request, and reaps its own children only: never another's. The parent keeps each
/// connection open as well, so that it can end the child's waiting. One thread: the server's loop.
class ForkSet {
 public:
  /// For a child to end by itself once its connection is shut down; then it is killed.
  static constexpr std::chrono::seconds kGrace{2};

  ForkSet() = default;
  ForkSet(const ForkSet&) = delete;
  ForkSet& operator=(const ForkSet&) = delete;

  /// Has `server` complete `request` in a child process, which ends by _exit(2): 0, or 1 when handle_error()
  /// threw. Throws OSError when there can be none, and the request is still the caller's.
  void start(BaseServer& server, Request& request);
  /// Children that are not reaped.
  std::set<pid_t> pids() const;
  /// Reaps those that have ended, without waiting.
  void collect();
  /// Adds what shows that a child has ended; returns when to look anyway.
  Deadline watch(std::vector<pollfd>& fds) const;
  /// Waits until all have ended; false when the deadline came first.
  bool wait(Deadline deadline);
  /// Asks all to end (Request::ask_to_end()), and waits. At `deadline` it interrupts the connections of those
  /// left, kills who is still there after kGrace, and returns how many were interrupted.
  std::size_t drain(Deadline deadline);

 private:
  struct Child {
    pid_t pid;
    Request request;
    Fd ended;  // readable when it has; none where the system has no such thing
  };

  [[noreturn]] void run_child(BaseServer& server, Request& request);

  std::vector<Child> children_;
};

}  // namespace socketserver
