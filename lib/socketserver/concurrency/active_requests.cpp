#include "socketserver/concurrency/active_requests.hpp"

#include <cassert>
#include <exception>
#include <utility>

#include "socketserver/concurrency/thread.hpp"

namespace socketserver {

ActiveRequests::~ActiveRequests() {
  assert(first_ == nullptr);
  end_watcher();
}

// Where there can be no watcher, the kernel's timers do its work.
ActiveRequests::Entry::Entry(ActiveRequests& all, Request& request, const Deadlines& deadlines)
    : all_(all), request_(request) {
  const std::lock_guard lock(all_.mutex_);
  request_.set_guard(&all_.mutex_);
  const bool waits = deadlines.first_byte || deadlines.read || deadlines.idle;
  if (waits && all_.have_watcher_locked()) request_.set_watch(&all_.clock_);
  next_ = all_.first_;
  link_ = &all_.first_;
  if (next_ != nullptr) next_->link_ = &next_;
  all_.first_ = this;
}

ActiveRequests::Entry::~Entry() {
  {
    const std::lock_guard lock(all_.mutex_);
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
  }
  request_.set_guard(nullptr);
  request_.set_watch(nullptr);
}

std::size_t ActiveRequests::interrupt_all() {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_, ++count) entry->request_.interrupt();
  return count;
}

void ActiveRequests::ask_to_end() {
  const std::lock_guard lock(mutex_);
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_) entry->request_.ask_to_end();
}

bool ActiveRequests::have_watcher_locked() {
  if (watching_) return true;
  if (watcher_.joinable()) watcher_.join();
  try {
    watcher_ = start_thread([this] { look_after_waits(); });
  } catch (const std::exception&) {
    return false;
  }
  return watching_ = true;
}

void ActiveRequests::look_after_waits() {
  std::unique_lock lock(mutex_);
  do {
    watcher_wakes_.wait_for(lock, clock_.tick, [this] { return end_watcher_; });
    ++clock_.now;
    for (Entry* entry = first_; entry != nullptr; entry = entry->next_) entry->request_.end_overdue_wait();
  } while (first_ != nullptr && !end_watcher_);
  watching_ = false;
}

void ActiveRequests::end_watcher() {
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

}  // namespace socketserver
