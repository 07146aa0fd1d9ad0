// What a server that stops must know of its handlers, and they of it.
#pragma once

#include <atomic>
#include <utility>

#include "socketserver/server/shared_object.hpp"

namespace socketserver {

/// Whether a handler waits for a peer that need not say any more, and whether it has been asked to end. One
/// thread serves, any may ask; from share() on also those of processes forked later.
class Idleness {
 public:
  Idleness() = default;
  Idleness& operator=(Idleness&& other) noexcept {
    own_ = other.own_.load();
    shared_ = std::move(other.shared_);
    return *this;
  }

  /// The handler waits. False where it was asked to end: it need not begin.
  bool begin() noexcept {
    State busy = State::kBusy;
    return state().compare_exchange_strong(busy, State::kIdle);
  }
  void end() noexcept {
    State idle = State::kIdle;
    state().compare_exchange_strong(idle, State::kBusy);
  }
  /// From now on it has been asked. True where it waits.
  bool ask() noexcept { return state().exchange(State::kAsked) == State::kIdle; }
  bool asked() const noexcept { return state().load(std::memory_order_relaxed) == State::kAsked; }
  /// Before fork(2). Throws OSError.
  void share() { shared_ = make_shared_object<std::atomic<State>>(); }

 private:
  enum class State : unsigned char { kBusy, kIdle, kAsked };
  static_assert(std::atomic<State>::is_always_lock_free, "others could not be shared by processes");

  std::atomic<State>& state() noexcept { return shared_ ? *shared_ : own_; }
  const std::atomic<State>& state() const noexcept { return shared_ ? *shared_ : own_; }

  std::atomic<State> own_{State::kBusy};
  SharedObject<std::atomic<State>> shared_;
};

}  // namespace socketserver
