#include "socketserver/server/loop_control.hpp"

#include <poll.h>

#include <stdexcept>

namespace socketserver {

LoopControl::Scope::Scope(LoopControl& control, Kind kind) : control_(control) {
  const std::lock_guard lock(control_.mutex_);
  if (control_.running()) throw std::logic_error("serve_forever: the server is being served already");
  control_.thread_ = std::this_thread::get_id();
  control_.kind_ = kind;
}

LoopControl::Scope::~Scope() {
  control_.use_up_request();
  control_.kind_ = Kind::kNone;
  const std::lock_guard lock(control_.mutex_);
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
  request_stop();
  if (thread_.load() == std::this_thread::get_id()) return;
  std::unique_lock lock(mutex_);
  const std::uint64_t ended_before = ended_;
  end_.wait(lock, [&] { return !running() || ended_ != ended_before; });
}

}  // namespace socketserver
