// The threads of a server that has one for each request.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Starts a thread for a request and forgets it when it ends: at any time at most one finished thread waits
/// to be joined, by the next one that finishes or by drain(). The set outlives its threads. Any thread may
/// call.
class ThreadSet {
 public:
  /// Enough for handlers with buffers of some hundred KiB, and so small that glibc, which keeps 40 MB of
  /// stacks of ended threads, has one ready for the next connection of a burst.
  static constexpr std::size_t kStackSize = std::size_t{1} << 20;

  /// How often the threads' long timeouts are looked at: often enough for a timeout of 10 s, and seldom
  /// enough to cost nothing with 10,000 connections.
  static constexpr std::chrono::seconds kTick{1};

  explicit ThreadSet(std::chrono::nanoseconds tick = kTick) { clock_.tick = tick; }
  ThreadSet(const ThreadSet&) = delete;
  ThreadSet& operator=(const ThreadSet&) = delete;
  /// REQUIRES: drained.
  ~ThreadSet();

  /// Has `server` complete `request` in a new thread with a stack of `stack_size` bytes, 0 for the system's
  /// default. When there can be none, throws OSError, and the request is still the caller's.
  void start(BaseServer& server, Request& request, std::size_t stack_size = kStackSize);
  /// Threads that have not ended.
  std::size_t size() const;
  /// Is the caller one of them?
  bool contains_caller() const noexcept;
  /// Waits until all have ended. At `deadline` it interrupts the connections of those left, and goes on
  /// waiting, since a thread cannot be ended from outside. Returns how many were interrupted.
  /// REQUIRES: !contains_caller().
  std::size_t drain(Deadline deadline);

 private:
  struct Worker;
  struct Finished {
    bool any = false;
    pthread_t thread{};
  };

  static void* run(void* worker);
  void watch(Request& request);
  void look_after_waits();
  void end_watcher();
  void add(Worker& worker);
  void remove_locked(Worker& worker);
  void finish(std::unique_ptr<Worker> worker);
  std::size_t interrupt_all_locked();
  static void join(const Finished& finished);

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable all_ended_;
  Worker* first_ = nullptr;  // those whose request is alive, linked
  std::size_t running_ = 0;
  Finished finished_;
  std::thread watcher_;    // ends by itself when a tick finds nobody
  bool watching_ = false;  // watcher_ has not ended
  bool end_watcher_ = false;
  std::condition_variable watcher_wakes_;
  WatchClock clock_;  // advanced by watcher_
};

}  // namespace socketserver
