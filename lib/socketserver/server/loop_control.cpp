#include "socketserver/server/loop_control.hpp"

#include <poll.h>

#include <stdexcept>

namespace socketserver {

namespace {

constinit thread_local LoopControl::Member* innermost = nullptr;

}  // namespace

LoopControl::Member::Member(const LoopControl& control) noexcept : control_(control), outer_(innermost) {
  innermost = this;
}

// Fibers of one thread do not end theirs in order.
LoopControl::Member::~Member() {
  Member** link = &innermost;
  while (*link != this) link = &(*link)->outer_;
  *link = outer_;
}

LoopControl::Scope::Scope(LoopControl& control, Kind kind) : control_(control), member_(control) {
  const std::lock_guard lock(control_.mutex_);
  entered_ = !control_.closed_;
  if (!entered_) return;
  if (control_.running()) throw std::logic_error("serve_forever: the server is being served already");
  control_.kind_ = kind;
}

LoopControl::Scope::~Scope() {
  if (!entered_) return;
  const std::lock_guard lock(control_.mutex_);
  control_.use_up_request();
  control_.kind_ = Kind::kNone;
  ++control_.ended_;
  control_.end_.notify_all();
}

// Whoever set stop_ may not have come to the wake-up yet: left to the next loop, it would end that one, too.
// A request that comes in between keeps at least its wake-up.
void LoopControl::use_up_request() noexcept {
  pollfd woken{fileno(), POLLIN, 0};
  while (stop_ && ::poll(&woken, 1, -1) < 0) {
  }
  wakeup_.drain();
  stop_ = false;
}

void LoopControl::request_stop() noexcept {
  stop_ = true;
  wakeup_.notify();
}

bool LoopControl::has_caller_as_member() const noexcept {
  const Member* member = innermost;
  while (member != nullptr && &member->control_ != this) member = member->outer_;
  return member != nullptr;
}

void LoopControl::stop() {
  if (in_worker() || has_caller_as_member()) return request_stop();
  std::unique_lock lock(mutex_);
  stop_locked(lock);
}

// Asks under the lock: otherwise another loop could use the request up, and begin anew, before the waiting.
void LoopControl::stop_locked(std::unique_lock<std::mutex>& lock) {
  request_stop();
  const std::uint64_t ended_before = ended_;
  end_.wait(lock, [&] { return !running() || ended_ != ended_before; });
}

// A worker closes when its own loop has ended, which is not the parent's concern.
void LoopControl::close() {
  if (in_worker()) {
    closed_ = stop_ = true;
    return;
  }
  if (has_caller_as_member()) {
    closed_ = true;
    return request_stop();
  }
  std::unique_lock lock(mutex_);
  closed_ = true;
  if (running()) stop_locked(lock);
}

void LoopControl::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

}  // namespace socketserver
