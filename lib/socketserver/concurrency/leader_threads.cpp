#include "socketserver/concurrency/leader_threads.hpp"

#include <poll.h>

#include <array>
#include <utility>

#include "socketserver/concurrency/thread.hpp"
#include "socketserver/concurrency/wait_until.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

constinit thread_local const LeaderThreads* threads_of_this_one = nullptr;

}  // namespace

std::size_t LeaderThreads::run(const Task& task) {
  std::size_t interrupted = 0;
  std::unique_lock lock(mutex_);
  task_ = &task;
  ending_ = false;
  first_ended_.emplace();
  try {
    keep_number(lock);
  } catch (...) {
    if (threads_.empty()) throw;
    error_ = std::current_exception();
    task.stop();
  }
  const auto all_ended = [this] { return running_ == 0; };
  active_.ask_to_end();
  if (!wait_until(changed_, lock, Deadline::after(task.drain_timeout), all_ended)) {
    lock.unlock();
    { const std::lock_guard what_was_accepted_is_known(leading_); }
    lock.lock();
    interrupted = active_.interrupt_all();
    changed_.wait(lock, all_ended);
  }
  const std::vector<pthread_t> ended = std::exchange(threads_, {});
  const std::exception_ptr error = std::exchange(error_, nullptr);
  lock.unlock();
  for (const pthread_t thread : ended) ::pthread_join(thread, nullptr);
  active_.end_watcher();
  if (error) std::rethrow_exception(error);
  return interrupted;
}

// Until the first of them ends, or all shall.
void LeaderThreads::keep_number(std::unique_lock<std::mutex>& lock) {
  bool told = false;
  do {
    const int error = add_threads_locked();
    if (error != 0 && threads_.empty()) throw_os_error(error, "pthread_create");
    if (error != 0 && !std::exchange(told, true))
      task_->short_of_threads(task_->threads - threads_.size(), error);
  } while (!wait_for_stop(lock) && !ending_);
}

// False when the first of them has ended, or to make threads that are missing.
bool LeaderThreads::wait_for_stop(std::unique_lock<std::mutex>& lock) {
  struct Unlocked {
    std::unique_lock<std::mutex>& lock;
    explicit Unlocked(std::unique_lock<std::mutex>& held) : lock(held) { lock.unlock(); }
    ~Unlocked() { lock.lock(); }
  };
  const Deadline retry = threads_.size() < task_->threads ? Deadline::after(kRetry) : Deadline::never();
  const Unlocked unlocked(lock);
  std::array<pollfd, 2> fds{{{task_->stop_fd, POLLIN, 0}, {first_ended_->fileno(), POLLIN, 0}}};
  wait_in_poll(fds, retry);
  if (fds[0].revents == 0) return false;
  task_->stopping();
  return true;
}

// As many as there is room for; 0 when that is enough, or the errno.
int LeaderThreads::add_threads_locked() {
  threads_.reserve(task_->threads);
  while (threads_.size() < task_->threads) {
    pthread_t thread;
    if (const int error = create_thread(thread, task_->stack_size, &LeaderThreads::run_thread, this))
      return error;
    threads_.push_back(thread);
    ++running_;
  }
  return 0;
}

void* LeaderThreads::run_thread(void* self) {
  static_cast<LeaderThreads*>(self)->take_part();
  return nullptr;
}

void LeaderThreads::take_part() noexcept {
  threads_of_this_one = this;
  std::exception_ptr error;
  try {
    const std::lock_guard leading(leading_);
    task_->lead();
  } catch (...) {
    error = std::current_exception();
    task_->stop();
  }
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  ending_ = true;
  --running_;
  first_ended_->notify();
  changed_.notify_all();
}

void LeaderThreads::serve(BaseServer& server, Request& request) {
  {
    Request served = std::move(request);  // gone before this thread waits: the leader may wait for room
    // Known before the next leader can see that all shall stop.
    const ActiveRequests::Entry entry(active_, served, server.deadlines);
    leading_.unlock();
    server.complete_request_alone(served);
  }
  leading_.lock();
}

bool LeaderThreads::contains_caller() const noexcept { return threads_of_this_one == this; }

}  // namespace socketserver
