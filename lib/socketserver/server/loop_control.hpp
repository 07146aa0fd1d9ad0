// Starting and stopping a server's loop from anywhere.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "socketserver/net/wakeup.hpp"

namespace socketserver {

/// Whether a loop runs, in which thread, and whether it shall stop. A request to stop stays until a loop has
/// ended by it, so one that comes before the loop is not lost; what was closed has no loop until it is opened
/// again. Any thread may call.
class LoopControl {
 public:
  enum class Kind : unsigned char { kNone, kOneRequest, kForever };

  /// Marks this thread as one that the loop's end waits for. Scopes nest, of one loop and of several.
  class Member {
   public:
    explicit Member(const LoopControl& control) noexcept;
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

   private:
    friend class LoopControl;
    const LoopControl& control_;
    Member* outer_;
  };

  /// Marks the loop as running, and this thread as a member, unless it is closed. At its end the request to
  /// stop is used up, and those who wait for it go on. std::logic_error when a loop runs already.
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
    const Member member_;
    bool entered_;
  };

  /// Async-signal-safe, and from a forked child meant for the parent: the loop notices by fileno().
  void request_stop() noexcept;
  /// request_stop(), then waits until the loop has ended. In a member, and in a child forked by
  /// one, it only asks.
  void stop();
  /// No loop begins any more, and one that runs is stopped as by stop().
  void close();
  void open();
  bool stopping() const noexcept { return stop_.load(std::memory_order_relaxed); }
  /// For the loop, when fileno() became readable.
  void notice() noexcept { stop_ = true; }
  /// In a forked child that runs the loop as well: fileno() is `lifeline`, and requests to stop go to the
  /// parent, without waiting.
  void become_worker(int lifeline) noexcept { lifeline_ = lifeline; }
  bool in_worker() const noexcept { return lifeline_ >= 0; }
  bool running() const noexcept { return kind_ != Kind::kNone; }
  /// What runs.
  Kind kind() const noexcept { return kind_; }
  /// Readable from request_stop() on.
  int fileno() const noexcept { return in_worker() ? lifeline_ : wakeup_.fileno(); }

 private:
  void stop_locked(std::unique_lock<std::mutex>& lock);
  bool has_caller_as_member() const noexcept;
  void use_up_request() noexcept;

  std::atomic<bool> stop_{false};  // set before wakeup_ is notified
  Wakeup wakeup_;
  int lifeline_ = -1;
  std::atomic<Kind> kind_{Kind::kNone};  // changed under mutex_
  std::mutex mutex_;                     // guards ended_
  std::uint64_t ended_ = 0;              // loops so far
  std::atomic<bool> closed_{false};      // changed under mutex_ where no loop runs
  std::condition_variable end_;
};

}  // namespace socketserver
