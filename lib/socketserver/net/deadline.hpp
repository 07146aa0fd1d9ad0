// Points in time at which waiting ends.
#pragma once

#include <chrono>
#include <optional>

namespace socketserver {

using Clock = std::chrono::steady_clock;

/// How long something may take; nullopt, Python's None, is for ever.
using Timeout = std::optional<std::chrono::nanoseconds>;

/// A point in time, or never. A value: any thread may use its own.
class Deadline {
 public:
  /// Never.
  constexpr Deadline() = default;
  constexpr explicit Deadline(Clock::time_point at) : at_(at) {}

  /// `timeout` from now. A time beyond what the clock can count is never.
  static Deadline after(Timeout timeout);
  static constexpr Deadline never() { return Deadline(); }
  /// Has always passed: asks what is ready without waiting.
  static constexpr Deadline now() { return Deadline(Clock::time_point::min()); }

  constexpr bool is_never() const { return at_ == Clock::time_point::max(); }
  constexpr Clock::time_point time() const { return at_; }
  bool expired() const { return !is_never() && (*this == now() || Clock::now() >= at_); }
  /// What is left, at least zero; nullopt for never.
  Timeout remaining() const;
  /// What is left as poll(2) wants it: milliseconds, rounded up so as not to wake too early; -1 for never.
  int poll_timeout() const;

  friend constexpr auto operator<=>(const Deadline&, const Deadline&) = default;

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

/// How long a connection may take over what; nullopt is for ever. When one passes, the call that waits throws
/// TimeoutError. A threading server looks at long ones (from 10 s) once a second, so they may be late by two.
struct Deadlines {
  Timeout first_byte;  ///< the first recv, from the call on
  Timeout read;        ///< a recv after another recv: more of something that has begun
  Timeout idle;        ///< a recv after a send: the next thing from a peer that was answered
  Timeout write;       ///< a wait for room to send; a peer that takes something starts it anew
  Timeout request;     ///< all of it, counted from set_deadlines()
};

}  // namespace socketserver
