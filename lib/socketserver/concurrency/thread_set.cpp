#include "socketserver/concurrency/thread_set.hpp"

#include <limits.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <exception>
#include <utility>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

constinit thread_local const ThreadSet* set_of_this_thread = nullptr;

class ThreadAttributes {
 public:
  explicit ThreadAttributes(std::size_t stack_size) {
    ::pthread_attr_init(&attributes_);
    if (stack_size > 0)
      ::pthread_attr_setstacksize(&attributes_,
                                  std::max(stack_size, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
  }
  ~ThreadAttributes() { ::pthread_attr_destroy(&attributes_); }
  ThreadAttributes(const ThreadAttributes&) = delete;
  ThreadAttributes& operator=(const ThreadAttributes&) = delete;
  const pthread_attr_t* get() const { return &attributes_; }

 private:
  pthread_attr_t attributes_;
};

}  // namespace

struct ThreadSet::Worker {
  ThreadSet& set;
  BaseServer& server;
  Request request;
  Worker* next = nullptr;
  Worker** link = nullptr;  // what points to this one
};

ThreadSet::~ThreadSet() { assert(size() == 0); }

void ThreadSet::start(BaseServer& server, Request& request, std::size_t stack_size) {
  auto worker = std::unique_ptr<Worker>(new Worker{*this, server, std::move(request)});
  const Deadlines& deadlines = server.deadlines;
  add(*worker);
  // Only now: a watcher that finds nobody ends.
  if (deadlines.first_byte || deadlines.read || deadlines.idle) watch(worker->request);
  const ThreadAttributes attributes(stack_size);
  pthread_t thread;
  if (const int error = ::pthread_create(&thread, attributes.get(), &ThreadSet::run, worker.get())) {
    const std::lock_guard lock(mutex_);
    remove_locked(*worker);
    if (--running_ == 0) all_ended_.notify_all();
    worker->request.set_watch(nullptr);
    request = std::move(worker->request);
    throw_os_error(error, "pthread_create");
  }
  worker.release();  // the thread's own now
}

void* ThreadSet::run(void* started) {
  std::unique_ptr<Worker> worker(static_cast<Worker*>(started));
  set_of_this_thread = &worker->set;
  worker->server.complete_request_alone(worker->request);
  worker->set.finish(std::move(worker));
  return nullptr;
}

void ThreadSet::add(Worker& worker) {
  const std::lock_guard lock(mutex_);
  worker.next = first_;
  worker.link = &first_;
  if (first_ != nullptr) first_->link = &worker.next;
  first_ = &worker;
  ++running_;
}

// Where there can be no watcher, the kernel's timers do its work.
void ThreadSet::watch(Request& request) {
  const std::lock_guard lock(mutex_);
  if (!watching_) {
    if (watcher_.joinable()) watcher_.join();
    try {
      watcher_ = std::thread([this] { look_after_waits(); });
    } catch (const std::exception&) {
      return;
    }
    watching_ = true;
  }
  request.set_watch(&clock_);
}

void ThreadSet::look_after_waits() {
  std::unique_lock lock(mutex_);
  do {
    watcher_wakes_.wait_for(lock, clock_.tick, [this] { return end_watcher_; });
    ++clock_.now;
    for (Worker* worker = first_; worker != nullptr; worker = worker->next)
      worker->request.end_overdue_wait();
  } while (running_ > 0 && !end_watcher_);
  watching_ = false;
}

void ThreadSet::end_watcher() {
  std::thread watcher;
  {
    const std::lock_guard lock(mutex_);
    end_watcher_ = true;
    watcher = std::exchange(watcher_, std::thread());
    watcher_wakes_.notify_one();
  }
  if (watcher.joinable()) watcher.join();
  const std::lock_guard lock(mutex_);
  end_watcher_ = false;
}

void ThreadSet::remove_locked(Worker& worker) {
  *worker.link = worker.next;
  if (worker.next != nullptr) worker.next->link = worker.link;
}

// The request goes while the thread still counts, since it tells the server of its end; and once the thread
// counts no more, the set may be gone.
void ThreadSet::finish(std::unique_ptr<Worker> worker) {
  {
    const std::lock_guard lock(mutex_);
    remove_locked(*worker);
  }
  worker.reset();
  Finished previous;
  {
    const std::lock_guard lock(mutex_);
    previous = std::exchange(finished_, Finished{true, ::pthread_self()});
    if (--running_ == 0) all_ended_.notify_all();
  }
  join(previous);
}

void ThreadSet::join(const Finished& finished) {
  if (finished.any) ::pthread_join(finished.thread, nullptr);
}

std::size_t ThreadSet::size() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

bool ThreadSet::contains_caller() const noexcept { return set_of_this_thread == this; }

std::size_t ThreadSet::interrupt_all_locked() {
  std::size_t count = 0;
  for (Worker* worker = first_; worker != nullptr; worker = worker->next, ++count)
    worker->request.interrupt();
  return count;
}

std::size_t ThreadSet::drain(Deadline deadline) {
  assert(!contains_caller());
  std::size_t interrupted = 0;
  Finished last;
  {
    std::unique_lock lock(mutex_);
    const auto empty = [this] { return running_ == 0; };
    const auto wait = [&](Deadline end) {
      if (!end.is_never()) return all_ended_.wait_until(lock, end.time(), empty);
      all_ended_.wait(lock, empty);
      return true;
    };
    if (!wait(deadline)) {
      interrupted = interrupt_all_locked();
      wait(Deadline::never());
    }
    last = std::exchange(finished_, Finished{});
  }
  join(last);
  end_watcher();
  return interrupted;
}

}  // namespace socketserver
