#include "socketserver/server/loop_control.hpp"

#include <poll.h>

#include <stdexcept>

namespace socketserver {

LoopControl::Scope::Scope(LoopControl& control, Kind kind) : control_(control) {
  const std::lock_guard lock(control_.mutex_);
  entered_ = !control_.closed_;
  if (!entered_) return;
  if (control_.running()) throw std::logic_error("serve_forever: the server is being served already");
  control_.thread_ = std::this_thread::get_id();
  control_.kind_ = kind;
}

LoopControl::Scope::~Scope() {
  if (!entered_) return;
  const std::lock_guard lock(control_.mutex_);
  control_.use_up_request();
  control_.kind_ = Kind::kNone;
  control_.thread_ = std::thread::id();
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

void LoopControl::stop() {
  if (thread_.load() == std::this_thread::get_id()) return request_stop();
  std::unique_lock lock(mutex_);
  stop_locked(lock);
}

// Asks under the lock: otherwise another loop could use the request up, and begin anew, before the waiting.
void LoopControl::stop_locked(std::unique_lock<std::mutex>& lock) {
  request_stop();
  const std::uint64_t ended_before = ended_;
  end_.wait(lock, [&] { return !running() || ended_ != ended_before; });
}

void LoopControl::close() {
  if (thread_.load() == std::this_thread::get_id()) {
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
