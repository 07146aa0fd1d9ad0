// Further event loops beside the one of the thread that accepts.
#pragma once

#include <memory>
#include <vector>

#include "socketserver/concurrency/fiber_set.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Threads that each complete the requests they are given in fibers of a loop of their own, to the end: no
/// fiber changes its thread. Used by one thread.
class FiberWorkers {
 public:
  /// As many threads as can be had, up to `threads`. `server` and `control`, its loop, outlive them.
  FiberWorkers(BaseServer& server, LoopControl& control, std::size_t threads, std::size_t stack_size);
  /// REQUIRES: drained, or nothing started.
  ~FiberWorkers();
  FiberWorkers(const FiberWorkers&) = delete;
  FiberWorkers& operator=(const FiberWorkers&) = delete;

  std::size_t size() const noexcept { return workers_.size(); }
  /// Why there are fewer than asked for: the errno, else 0.
  int error() const noexcept { return error_; }
  /// Hands the request to the worker that has fewest, unless that is not less than `load`: then false, and
  /// the request is still the caller's.
  bool start(Request& request, std::size_t load);
  /// Has them end when their requests have; at `deadline` those are interrupted.
  void begin_drain(Deadline deadline);
  /// Waits for that; returns how many were interrupted.
  std::size_t finish_drain();
  /// Is the caller a handler of `server` in one of its workers? From any thread.
  static bool serve_in_caller(const BaseServer& server) noexcept;

 private:
  class Worker;

  std::vector<std::unique_ptr<Worker>> workers_;
  int error_ = 0;
};

}  // namespace socketserver
