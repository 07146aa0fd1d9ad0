// The fibers of a server that has one for each request.
#pragma once

#include <atomic>

#include "socketserver/concurrency/fiber_loop.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Completes requests in fibers of a loop of its own. One thread.
class FiberSet {
 public:
  /// `ended`, if any, counts those that have; it outlives this.
  explicit FiberSet(std::size_t stack_size = FiberLoop::kStackSize,
                    std::unique_ptr<Poller> poller = make_poller(), std::atomic<std::size_t>* ended = nullptr)
      : loop_(stack_size, std::move(poller)), ended_(ended) {}

  /// Has `server` complete `request` in a new fiber. When there can be none, throws OSError, and the request
  /// is still the caller's.
  void start(BaseServer& server, Request& request);
  /// Waits until all have ended. At `deadline` it interrupts the connections of those left, and goes on
  /// waiting. Returns how many were interrupted. From the main fiber.
  std::size_t drain(Deadline deadline);
  FiberLoop& loop() noexcept { return loop_; }

 private:
  class Body;

  /// Datagrams in a row before their fibers run: as many as leave together, and so few that their stacks stay
  /// in the nearest cache.
  static constexpr std::size_t kDatagrams = SendBatch::kMessages;

  FiberLoop loop_;
  Body* first_ = nullptr;
  std::size_t datagrams_ = 0;
  std::atomic<std::size_t>* ended_;
};

}  // namespace socketserver
