// Worker processes and their supervisor.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "socketserver/concurrency/worker_process.hpp"
#include "socketserver/net/wakeup.hpp"
#include "socketserver/server/accept_gate.hpp"
#include "socketserver/server/log.hpp"
#include "socketserver/server/statistics.hpp"

namespace socketserver {

/// Keeps a number of forked processes running: one that ends is replaced, at once, or after a pause that
/// doubles (AcceptGate) where its life was short. Reaps its own children only, never
/// another's.
class WorkerSet {
 public:
  /// Who dies sooner will most likely do so again: a life in which there was hardly time to serve.
  static constexpr std::chrono::seconds kShortLife{1};
  /// For a worker to end by itself once its time to drain is over; then it is killed.
  static constexpr std::chrono::seconds kGrace{2};

  struct Task {
    /// Runs in each worker until `lifeline` is readable; `counters` is memory shared with the parent. Returns
    /// the worker's exit status.
    std::function<int(int lifeline, Counters& counters)> work;
    /// The supervisor's, once a turn, which is `poll_interval` at most.
    std::function<void()> turn;
    /// The supervisor's, before all are asked to stop.
    std::function<void()> stopping;
    std::function<void(LogLevel, const std::string&)> log;
    int stop_fd = -1;  ///< readable: all shall stop
    std::size_t workers = 1;
    std::chrono::nanoseconds poll_interval{};
    std::chrono::nanoseconds drain_timeout{};  ///< what a worker takes at most to stop
    std::chrono::nanoseconds short_life = kShortLife;
  };

  WorkerSet() = default;
  WorkerSet(const WorkerSet&) = delete;
  WorkerSet& operator=(const WorkerSet&) = delete;

  /// Supervises until task.stop_fd is readable and all workers have ended. Returns how many did not end in
  /// time and were killed. What task.turn() throws comes out after all have ended. One thread at a time.
  std::size_t run(const Task& task);

  // ---- from any thread, and from a worker ----
  /// Replaces all workers, one after the other: a new one begins, then an old one is asked to stop, and
  /// once that has ended comes the next. Waits for it, but for callers in run() and in a worker.
  void restart();
  /// restart() without the waiting: async-signal-safe.
  void request_restart() noexcept { restart_.notify(); }
  /// Of workers that have not ended; none in a worker.
  std::set<pid_t> pids() const;
  /// The sum over all workers, also of those that have ended: what was in progress in one that crashed counts
  /// as failed, and in one that had to be killed as cut. `peak` is the largest sum of those of workers that
  /// lived at the same time. Not in a worker.
  Statistics statistics() const;

 private:
  struct Worker {
    WorkerProcess process;
    std::uint64_t generation;
    bool asked = false, killed = false;  // to stop
    Deadline kill_at = {};               // once asked
  };
  using Messages = std::vector<std::pair<LogLevel, std::string>>;

  void begin(const Task& task);
  void end() noexcept;
  bool wait(int stop_fd, Deadline deadline);
  Deadline tend();
  std::size_t stop_all();
  void note_restart_locked();
  Deadline go_on_locked(std::unique_lock<std::mutex>& lock, Messages& messages);
  Deadline start_locked(std::unique_lock<std::mutex>& lock, Messages& messages);
  void fork_locked(std::unique_lock<std::mutex>& lock);
  void ask_locked(Worker& worker) noexcept;
  Deadline kill_overdue_locked() noexcept;
  void reap_locked(Messages& messages);
  void ended_locked(const Worker& worker, Messages& messages);
  void count_ended_locked(const Worker& worker) noexcept;
  std::uint64_t peak_locked() const noexcept;

  Wakeup restart_;
  AcceptGate deaths_, forks_;  // the supervisor's
  mutable std::mutex mutex_;   // guards all below; held across fork, so that a child finds it in order
  std::condition_variable replaced_;
  const Task* task_ = nullptr;  // null: nothing runs
  std::thread::id supervisor_;
  std::vector<Worker> workers_;   // in the order of their birth
  std::uint64_t generation_ = 0;  // restarts so far
  std::size_t killed_ = 0;
  bool in_worker_ = false;
  Statistics ended_;  // of those that have
};

}  // namespace socketserver
