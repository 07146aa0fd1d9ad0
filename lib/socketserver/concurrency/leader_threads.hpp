// Threads that take turns at waiting for requests.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "socketserver/concurrency/active_requests.hpp"
#include "socketserver/net/wakeup.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// One thread leads: it waits for requests and accepts them. With a request it lets another one lead, serves,
/// and then waits for its turn: the pattern leader/followers, and the prethreaded server with a lock around
/// accept of UNIX Network Programming. Nobody is woken in vain, and what accepts needs no lock of its own.
class LeaderThreads {
 public:
  /// How soon it is tried again to make a thread that could not be made.
  static constexpr std::chrono::seconds kRetry{1};

  /// What the threads do.
  struct Task {
    /// Runs in each thread. Only one thread at a time is in it and not in serve().
    std::function<void()> lead;
    /// Has every lead() return soon.
    std::function<void()> stop;
    int stop_fd = -1;  ///< readable when all shall end
    /// Told when it is: whoever leads sees that for itself, but all may serve.
    std::function<void()> stopping = [] {};
    /// Told when threads are missing for which there was no room.
    std::function<void(std::size_t missing, int errnum)> short_of_threads;
    std::size_t threads = 1;
    std::size_t stack_size = 0;  ///< in bytes; 0 for the system's default
    std::chrono::nanoseconds drain_timeout{};
  };

  LeaderThreads() = default;
  LeaderThreads(const LeaderThreads&) = delete;
  LeaderThreads& operator=(const LeaderThreads&) = delete;

  /// Runs the task until lead() has returned in all threads. From the first return on, or from when all shall
  /// end, those that serve may go on for drain_timeout; then their connections are interrupted. Returns how
  /// many were. Throws OSError when there can be no thread at all, and what lead() throws, after task.stop().
  /// One thread at a time.
  std::size_t run(const Task& task);

  /// In lead(): takes `request` over and completes it, while another thread leads.
  void serve(BaseServer& server, Request& request);
  /// Is the caller one of the threads?
  bool contains_caller() const noexcept;

 private:
  static void* run_thread(void* self);
  void take_part() noexcept;
  int add_threads_locked();
  void keep_number(std::unique_lock<std::mutex>& lock);
  bool wait_for_stop(std::unique_lock<std::mutex>& lock);

  ActiveRequests active_;
  std::mutex leading_;  // held by the leader
  std::mutex mutex_;    // guards all below
  std::condition_variable changed_;
  std::optional<Wakeup> first_ended_;  // tells of ending_; of each run, since forked processes would share it
  const Task* task_ = nullptr;
  std::vector<pthread_t> threads_;
  std::size_t running_ = 0;
  bool ending_ = false;  // lead() has returned somewhere
  std::exception_ptr error_;
};

}  // namespace socketserver
