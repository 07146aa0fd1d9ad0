#include "socketserver/concurrency/thread_set.hpp"

#include <cassert>
#include <optional>
#include <utility>

#include "socketserver/concurrency/semaphore.hpp"
#include "socketserver/concurrency/thread.hpp"
#include "socketserver/concurrency/wait_until.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

constinit thread_local const ThreadSet* set_of_this_thread = nullptr;

}  // namespace

struct ThreadSet::Job {
  Job(ThreadSet& of, BaseServer& by, Request&& what)
      : set(of),
        server(by),
        request(std::move(what)),
        entry(std::in_place, of.active_, request, by.deadlines) {}

  ThreadSet& set;
  BaseServer& server;
  Request request;
  std::optional<ActiveRequests::Entry> entry;
  Job* next = nullptr;
};

/// A thread that waits for its next job.
struct ThreadSet::Idle {
  Semaphore wakes;  // once for each time that somebody takes it out of the list
  std::unique_ptr<Job> job;
  Idle* next = nullptr;
};

ThreadSet::~ThreadSet() { assert(jobs_ == 0 && threads_ == 0); }

void ThreadSet::start(BaseServer& server, Request& request, const Limits& limits) {
  auto job = std::make_unique<Job>(*this, server, std::move(request));
  if (place(job, limits)) return;
  pthread_t thread;
  const int error = create_thread(thread, limits.stack_size, &ThreadSet::run, job.get());
  if (error == 0) {
    job.release();  // the thread's own now
    return;
  }
  std::unique_lock lock(mutex_);
  --threads_;
  if (limits.threads != kAnyNumber && threads_ > 0) return hand_over(std::move(job), std::move(lock));
  job->entry.reset();
  request = std::move(job->request);
  count_down_locked(jobs_);
  throw_os_error(error, "pthread_create");
}

// False: it needs a new thread, which is counted already.
bool ThreadSet::place(std::unique_ptr<Job>& job, const Limits& limits) {
  std::unique_lock lock(mutex_);
  ++jobs_;
  idle_timeout_ = limits.idle;
  if (idle_ != nullptr || threads_ >= limits.threads) {
    hand_over(std::move(job), std::move(lock));
    return true;
  }
  ++threads_;
  return false;
}

void ThreadSet::hand_over(std::unique_ptr<Job> job, std::unique_lock<std::mutex> lock) {
  if (idle_ != nullptr) {
    Idle& idle = *std::exchange(idle_, idle_->next);
    idle.job = std::move(job);
    lock.unlock();
    return idle.wakes.post();
  }
  *queue_end_ = job.release();
  queue_end_ = &(*queue_end_)->next;
}

std::unique_ptr<ThreadSet::Job> ThreadSet::dequeue_locked() {
  std::unique_ptr<Job> job(queue_);
  if (!job) return nullptr;
  queue_ = job->next;
  if (queue_ == nullptr) queue_end_ = &queue_;
  return job;
}

void* ThreadSet::run(void* started) {
  std::unique_ptr<Job> job(static_cast<Job*>(started));
  ThreadSet& set = job->set;
  set_of_this_thread = &set;
  Idle self;
  do {
    job->server.complete_request_alone(job->request);
    // The request goes while it still counts, since it tells the server of its end.
    job.reset();
  } while (set.next_job(self, job));
  return nullptr;
}

// False: the thread has to end, and counts no more, so that the set may be gone.
bool ThreadSet::next_job(Idle& self, std::unique_ptr<Job>& job) {
  Finished previous;
  {
    std::unique_lock lock(mutex_);
    count_down_locked(jobs_);
    job = dequeue_locked();
    if (!job && draining_ == 0) job = wait_for_job(lock, self);
    if (job) return true;
    previous = std::exchange(finished_, Finished{true, ::pthread_self()});
    count_down_locked(threads_);
  }
  join(previous);
  return false;
}

// With a job the lock is not needed any more; without one it is held again.
std::unique_ptr<ThreadSet::Job> ThreadSet::wait_for_job(std::unique_lock<std::mutex>& lock, Idle& self) {
  self.next = std::exchange(idle_, &self);
  const Deadline end = Deadline::after(idle_timeout_);
  lock.unlock();
  const bool woken = self.wakes.wait(end);
  if (woken && self.job) return std::move(self.job);
  lock.lock();
  if (woken || leave_idle_locked(self)) return nullptr;
  self.wakes.wait(Deadline::never());  // who took it out of the list is about to wake it
  return std::move(self.job);
}

bool ThreadSet::leave_idle_locked(Idle& self) {
  Idle** link = &idle_;
  while (*link != nullptr && *link != &self) link = &(*link)->next;
  if (*link == nullptr) return false;
  *link = self.next;
  return true;
}

void ThreadSet::count_down_locked(std::size_t& count) {
  if (--count == 0) ended_.notify_all();
}

void ThreadSet::join(const Finished& finished) {
  if (finished.any) ::pthread_join(finished.thread, nullptr);
}

std::size_t ThreadSet::size() const {
  const std::lock_guard lock(mutex_);
  return jobs_;
}

bool ThreadSet::contains_caller() const noexcept { return set_of_this_thread == this; }

std::size_t ThreadSet::drain(Deadline deadline) {
  assert(!contains_caller());
  std::size_t interrupted = 0;
  Finished last;
  {
    std::unique_lock lock(mutex_);
    const auto no_jobs = [this] { return jobs_ == 0; };
    active_.ask_to_end();
    if (!wait_until(ended_, lock, deadline, no_jobs)) {
      interrupted = active_.interrupt_all();
      ended_.wait(lock, no_jobs);
    }
    ++draining_;
    while (idle_ != nullptr) std::exchange(idle_, idle_->next)->wakes.post();
    ended_.wait(lock, [this] { return threads_ == 0; });
    --draining_;
    last = std::exchange(finished_, Finished{});
  }
  join(last);
  active_.end_watcher();
  return interrupted;
}

}  // namespace socketserver
