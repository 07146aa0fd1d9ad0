#include "socketserver/server/loop_control.hpp"

#include <stdexcept>

namespace socketserver {

LoopControl::Scope::Scope(LoopControl& control) : control_(control) {
  const std::lock_guard lock(control_.mutex_);
  if (control_.running()) throw std::logic_error("serve_forever: the server is being served already");
  control_.thread_ = std::this_thread::get_id();
}

LoopControl::Scope::~Scope() {
  control_.stop_ = false;
  control_.wakeup_.drain();
  const std::lock_guard lock(control_.mutex_);
  control_.thread_ = std::thread::id();
  ++control_.ended_;
  control_.end_.notify_all();
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
