#include "socketserver/concurrency/worker_set.hpp"

#include <algorithm>
#include <utility>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// How often to look for ended workers where the system cannot tell of them.
constexpr std::chrono::milliseconds kLookInterval{10};

// Both may be as long as "for ever".
Deadline after_both(std::chrono::nanoseconds first, std::chrono::nanoseconds second) {
  return Deadline::after(first > std::chrono::nanoseconds::max() - second ? Timeout() : first + second);
}

}  // namespace

// ---- the supervisor ----

std::size_t WorkerSet::run(const Task& task) {
  begin(task);
  std::exception_ptr error;
  try {
    for (Deadline next = Deadline::now(); !wait(task.stop_fd, next);) {
      next = std::min(tend(), Deadline::after(task.poll_interval));
      task.turn();
    }
  } catch (...) {
    error = std::current_exception();
  }
  task.stopping();
  const std::size_t killed = stop_all();
  end();
  if (error) std::rethrow_exception(error);
  return killed;
}

void WorkerSet::begin(const Task& task) {
  const std::lock_guard lock(mutex_);
  restart_.drain();
  task_ = &task;
  supervisor_ = std::this_thread::get_id();
  killed_ = 0;
}

void WorkerSet::end() noexcept {
  const std::lock_guard lock(mutex_);
  task_ = nullptr;
  replaced_.notify_all();
}

// True when all shall stop. No other thread changes workers_.
bool WorkerSet::wait(int stop_fd, Deadline deadline) {
  std::vector<pollfd> fds{{stop_fd, POLLIN, 0}, {restart_.fileno(), POLLIN, 0}};
  for (const Worker& worker : workers_) {
    fds.push_back({worker.process.ended_fd(), POLLIN, 0});
    if (worker.process.ended_fd() < 0) deadline = std::min(deadline, Deadline::after(kLookInterval));
  }
  wait_any(fds, deadline);
  return fds[0].revents != 0;
}

// One turn; returns when there is more to do at the latest.
Deadline WorkerSet::tend() {
  Messages messages;
  std::unique_lock lock(mutex_);
  reap_locked(messages);
  note_restart_locked();
  Deadline next = go_on_locked(lock, messages);
  next = std::min(next, kill_overdue_locked());  // of those that were just asked, too
  const Task& task = *task_;
  lock.unlock();
  for (const auto& [level, message] : messages) task.log(level, message);
  return next;
}

void WorkerSet::note_restart_locked() {
  pollfd asked{restart_.fileno(), POLLIN, 0};
  if (wait_in_poll({&asked, 1}, Deadline::now()) == 0) return;
  restart_.drain();
  ++generation_;
}

// Starts one worker, or asks one to stop, where that is due.
Deadline WorkerSet::go_on_locked(std::unique_lock<std::mutex>& lock, Messages& messages) {
  const auto old = [&](const Worker& worker) { return !worker.asked && worker.generation != generation_; };
  const auto stopping = static_cast<std::size_t>(std::ranges::count(workers_, true, &Worker::asked));
  const auto oldest = std::ranges::find_if(workers_, old);
  const bool replaces = oldest != workers_.end() && stopping == 0;
  const std::size_t staying = workers_.size() - stopping;
  if (staying < task_->workers + (replaces ? 1 : 0)) return start_locked(lock, messages);
  if (replaces) ask_locked(*oldest);
  if (oldest == workers_.end() && stopping == 0) replaced_.notify_all();
  return Deadline::never();
}

// ---- birth ----

Deadline WorkerSet::start_locked(std::unique_lock<std::mutex>& lock, Messages& messages) {
  if (!deaths_.open() || !forks_.open()) return std::max(deaths_.opens(), forks_.opens());
  try {
    fork_locked(lock);
    forks_.succeeded();
    return Deadline::now();
  } catch (const OSError& error) {
    ++ended_.paused;
    if (forks_.failed())
      messages.emplace_back(LogLevel::kWarning, "serving with " + std::to_string(workers_.size()) + " of " +
                                                    std::to_string(task_->workers) +
                                                    " workers until there is room: " + error.what());
    return forks_.opens();
  }
}

void WorkerSet::fork_locked(std::unique_lock<std::mutex>& lock) {
  // There must be no failure once there is a child.
  workers_.reserve(workers_.size() + 1);
  WorkerProcess process([&](int lifeline, Counters& counters) {
    workers_.clear();  // the lifelines of siblings must end with the parent
    in_worker_ = true;
    lock.unlock();
    return task_->work(lifeline, counters);
  });
  workers_.push_back({std::move(process), generation_});
}

// ---- death ----

void WorkerSet::ask_locked(Worker& worker) noexcept {
  if (std::exchange(worker.asked, true)) return;
  worker.kill_at = after_both(task_->drain_timeout, kGrace);
  worker.process.ask();
}

Deadline WorkerSet::kill_overdue_locked() noexcept {
  Deadline next;
  for (Worker& worker : workers_) {
    if (!worker.asked || worker.killed) continue;
    next = std::min(next, worker.kill_at);
    if (!worker.kill_at.expired()) continue;
    worker.process.kill();
    worker.killed = true;
    ++killed_;
  }
  return next;
}

void WorkerSet::reap_locked(Messages& messages) {
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    if (!worker->process.reap()) {
      ++worker;
      continue;
    }
    ended_locked(*worker, messages);
    worker = workers_.erase(worker);
  }
}

void WorkerSet::ended_locked(const Worker& worker, Messages& messages) {
  count_ended_locked(worker);
  if (worker.asked) return;
  const std::string what =
      "worker " + std::to_string(worker.process.pid()) + " " + worker.process.how_it_ended();
  const LogLevel level = worker.process.ended_well() ? LogLevel::kInfo : LogLevel::kWarning;
  if (worker.process.age() >= task_->short_life) {
    deaths_.succeeded();
    messages.emplace_back(level, what + "; another one takes its place");
  } else if (deaths_.failed()) {
    messages.emplace_back(level, what + " soon after its start; more will be started after pauses");
  }
}

// It is still one of workers_.
void WorkerSet::count_ended_locked(const Worker& worker) noexcept {
  ended_.peak = peak_locked();
  Statistics last = worker.process.statistics();
  if (worker.killed)
    last.cut += last.active;
  else if (!worker.process.ended_well())
    last.failed += last.active;
  last.active = last.queued = last.peak = 0;
  ended_ += last;
}

std::uint64_t WorkerSet::peak_locked() const noexcept {
  std::uint64_t alive = 0;
  for (const Worker& worker : workers_) alive += worker.process.statistics().peak;
  return std::max(alive, ended_.peak);
}

std::size_t WorkerSet::stop_all() {
  Messages ignored;
  std::unique_lock lock(mutex_);
  for (Worker& worker : workers_) ask_locked(worker);
  for (reap_locked(ignored); !workers_.empty(); reap_locked(ignored)) {
    const Deadline next = kill_overdue_locked();
    lock.unlock();
    wait(-1, next);
    lock.lock();
    restart_.drain();
  }
  return killed_;
}

// ---- from any thread ----

void WorkerSet::restart() {
  std::unique_lock lock(mutex_);
  restart_.notify();
  if (task_ == nullptr || in_worker_ || supervisor_ == std::this_thread::get_id()) return;
  const std::uint64_t before = generation_;
  const auto stays = [this](const Worker& worker) {
    return worker.generation == generation_ && !worker.asked;
  };
  replaced_.wait(lock, [&] {
    return task_ == nullptr || (generation_ > before && std::ranges::all_of(workers_, stays));
  });
}

std::set<pid_t> WorkerSet::pids() const {
  const std::lock_guard lock(mutex_);
  std::set<pid_t> all;
  for (const Worker& worker : workers_) all.insert(worker.process.pid());
  return all;
}

Statistics WorkerSet::statistics() const {
  const std::lock_guard lock(mutex_);
  Statistics sum = ended_;
  for (const Worker& worker : workers_) sum += worker.process.statistics();
  sum.peak = peak_locked();
  return sum;
}

}  // namespace socketserver
