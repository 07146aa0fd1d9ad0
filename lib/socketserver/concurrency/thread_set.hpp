// The threads that complete a server's requests.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>

#include "socketserver/concurrency/active_requests.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Gives each request to a thread that waits for one, or else to a new thread, up to a number; what comes
/// beyond that waits for the first thread to be free. The set outlives its threads. Any thread may call.
///
/// A thread that ends is forgotten: at any time at most one waits to be joined, by the next one that ends or
/// by drain().
class ThreadSet {
 public:
  /// Enough for handlers with buffers of some hundred KiB, and so small that glibc, which keeps 40 MB of
  /// stacks of ended threads, has one ready for the next connection of a burst.
  static constexpr std::size_t kStackSize = std::size_t{1} << 20;

  /// How long a thread waits for its next request before it ends: to make one costs more than a short
  /// conversation, and clients that come at all come more often than that.
  static constexpr std::chrono::seconds kIdle{1};

  static constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

  struct Limits {
    std::size_t threads = kAnyNumber;
    Timeout idle = kIdle;
    /// In bytes; 0 for the system's default.
    std::size_t stack_size = kStackSize;
  };

  explicit ThreadSet(std::chrono::nanoseconds tick = ActiveRequests::kTick) : active_(tick) {}
  ThreadSet(const ThreadSet&) = delete;
  ThreadSet& operator=(const ThreadSet&) = delete;
  /// REQUIRES: drained.
  ~ThreadSet();

  /// Has `server` complete `request` in a thread. When there can be none, throws OSError, and the request is
  /// still the caller's; but where the number of threads is limited and there is one, the request waits.
  void start(BaseServer& server, Request& request, const Limits& limits);
  /// Requests that have not ended, those that wait included.
  std::size_t size() const;
  /// Is the caller one of the threads?
  bool contains_caller() const noexcept;
  /// Waits until all requests have ended, then ends the threads. At `deadline` it interrupts the connections
  /// of those left, and goes on waiting, since a thread cannot be ended from outside. Returns how many were
  /// interrupted. REQUIRES: !contains_caller().
  std::size_t drain(Deadline deadline);

 private:
  struct Job;
  struct Idle;
  struct Finished {
    bool any = false;
    pthread_t thread{};
  };

  static void* run(void* job);
  bool place(std::unique_ptr<Job>& job, const Limits& limits);
  void hand_over(std::unique_ptr<Job> job, std::unique_lock<std::mutex> lock);
  std::unique_ptr<Job> dequeue_locked();
  bool next_job(Idle& self, std::unique_ptr<Job>& job);
  std::unique_ptr<Job> wait_for_job(std::unique_lock<std::mutex>& lock, Idle& self);
  bool leave_idle_locked(Idle& self);
  void count_down_locked(std::size_t& count);
  static void join(const Finished& finished);

  ActiveRequests active_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable ended_;
  std::size_t jobs_ = 0;     // not ended
  std::size_t threads_ = 0;  // not ended
  Idle* idle_ = nullptr;     // those that wait, the last one first: its stack is the warmest
  Timeout idle_timeout_;
  Job* queue_ = nullptr;
  Job** queue_end_ = &queue_;
  int draining_ = 0;  // callers of drain()
  Finished finished_;
};

}  // namespace socketserver
