// Starting and stopping a server's loop from anywhere.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "socketserver/net/wakeup.hpp"

namespace socketserver {

/// Whether a loop runs, in which thread, and whether it shall stop. A request to stop stays until a loop has
/// ended by it, so one that comes before the loop is not lost; what was closed has no loop until it is opened
/// again. Any thread may call.
class LoopControl {
 public:
  enum class Kind : unsigned char { kNone, kOneRequest, kForever };

  /// Marks the loop as running in this thread, unless it is closed. At its end the request to stop is used
  /// up, and those who wait for it go on. std::logic_error when a loop runs already.
  class Scope {
   public:
    Scope(LoopControl& control, Kind kind);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    /// False: it is closed, and there must be no loop.
    bool entered() const noexcept { return entered_; }

   private:
    LoopControl& control_;
    bool entered_;
  };

  /// Async-signal-safe, and from a forked child meant for the parent: the loop notices by fileno().
  void request_stop() noexcept;
  /// request_stop(), then waits until the loop has ended. In the loop's own thread, and in a child forked by
  /// it, it only asks.
  void stop();
  /// No loop begins any more, and one that runs is stopped as by stop().
  void close();
  void open();
  bool stopping() const noexcept { return stop_.load(std::memory_order_relaxed); }
  /// For the loop, when fileno() became readable.
  void notice() noexcept { stop_ = true; }
  bool running() const noexcept { return thread_.load() != std::thread::id(); }
  /// What runs. For the loop's own thread.
  Kind kind() const noexcept { return kind_; }
  /// Readable from request_stop() on.
  int fileno() const noexcept { return wakeup_.fileno(); }

 private:
  void stop_locked(std::unique_lock<std::mutex>& lock);
  void use_up_request() noexcept;

  std::atomic<bool> stop_{false};  // set before wakeup_ is notified
  Wakeup wakeup_;
  // Changed under mutex_; atomic for stop() in a forked child, where that mutex may be held for ever.
  std::atomic<std::thread::id> thread_{};  // none: no loop runs
  Kind kind_ = Kind::kNone;
  std::mutex mutex_;                 // guards ended_
  std::uint64_t ended_ = 0;          // loops so far
  std::atomic<bool> closed_{false};  // changed under mutex_ where no loop runs
  std::condition_variable end_;
};

}  // namespace socketserver
