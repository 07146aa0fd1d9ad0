// A second thread for a process that serves in its loop.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "socketserver/concurrency/active_requests.hpp"
#include "socketserver/net/wakeup.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Lets handlers that the loop itself runs wait in the kernel, with one system call for each of theirs: a
/// second thread notices meanwhile that the server shall stop. DrainingWaiter does without that thread, for
/// twice the system calls.
class DrainGuard {
 public:
  /// Once `stop_fd` is readable, calls `on_stop` from its own thread; a request still in progress
  /// `drain_timeout` later is interrupted. Throws std::system_error when there can be no thread.
  DrainGuard(int stop_fd, std::chrono::nanoseconds drain_timeout, std::function<void()> on_stop);
  ~DrainGuard() { end(); }
  DrainGuard(const DrainGuard&) = delete;
  DrainGuard& operator=(const DrainGuard&) = delete;

  /// Completes `request`, as BaseServer::complete_request_alone().
  void complete(BaseServer& server, Request& request);
  /// Ends the thread; returns how many requests were interrupted.
  std::size_t end();

 private:
  void look_after(int stop_fd, std::chrono::nanoseconds drain_timeout);

  std::function<void()> on_stop_;
  ActiveRequests active_;
  std::atomic<bool> cut_{false};  // set before active_ is interrupted
  std::atomic<std::size_t> interrupted_{0};
  Wakeup over_;
  std::thread thread_;
};

}  // namespace socketserver
