// Timeouts of many waits, looked after by one thread instead of a timer of the kernel for each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// A coarse clock that one thread advances by one every `tick`.
struct WatchClock {
  std::atomic<std::uint32_t> now{1};
  std::chrono::nanoseconds tick{};
};

/// How long one thread may wait, told to another that looks at it now and then. A timer that the kernel sets
/// up and takes down for every message costs several per cent of a conversation; this costs a store.
class WaitWatch {
 public:
  /// Shorter timeouts, in ticks, are left to the kernel: a watch may be late by two ticks.
  static constexpr int kFewestTicks = 10;

  /// `clock` outlives the waits; nullptr: nobody looks.
  void set(const WatchClock* clock) noexcept { clock_ = clock; }

  // ---- for the thread that waits ----
  bool covers(const Timeout& timeout) const noexcept {
    return clock_ != nullptr && timeout && *timeout >= kFewestTicks * clock_->tick;
  }
  /// REQUIRES: covers(timeout).
  void begin(const Timeout& timeout) noexcept {
    const auto ticks = static_cast<std::uint64_t>(*timeout / clock_->tick);
    const std::uint64_t end = std::uint64_t{clock_->now.load(std::memory_order_relaxed)} + ticks + 1;
    end_.store(end, std::memory_order_relaxed);
  }
  void end() noexcept { end_.store(kNotWaiting, std::memory_order_relaxed); }
  /// Was a wait ended by expire()?
  bool expired() const noexcept { return expired_.load(); }

  // ---- for the thread that looks ----
  bool overdue() const noexcept {
    const std::uint64_t end = end_.load(std::memory_order_relaxed);
    return end != kNotWaiting && clock_->now.load(std::memory_order_relaxed) > end;
  }
  void expire() noexcept { expired_ = true; }

 private:
  static constexpr std::uint64_t kNotWaiting = 0;

  const WatchClock* clock_ = nullptr;
  std::atomic<std::uint64_t> end_{kNotWaiting};  // in ticks of the clock
  std::atomic<bool> expired_{false};
};

}  // namespace socketserver
