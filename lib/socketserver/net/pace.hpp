// How fast a peer must send.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "socketserver/net/deadline_scope.hpp"

namespace socketserver {

/// Of the bytes of one message: they may take a time, and a second more for each so many of them that have
/// come. Only waiting for them counts, not what is done with them between. A value; one thread.
class Pace {
 public:
  /// Runs `read`, which receives from `socket` and returns how many bytes it got, for as long as is left of
  /// `timeout` and a second for each `rate` bytes (0: as 1) that came until now; then `socket` throws
  /// TimeoutError.
  template <class Read>
  std::size_t read(Socket& socket, const Timeout& timeout, std::uint64_t rate, Read read) {
    const Waiting waiting(*this, end_of(timeout, rate));
    const DeadlineScope scope(socket, waiting.end);
    const std::size_t got = read();
    came_ += got;
    return got;
  }
  std::uint64_t came() const noexcept { return came_; }
  Clock::duration waited() const noexcept { return waited_; }
  /// Has the last read() ended after its time?
  bool exceeded() const noexcept { return exceeded_; }

 private:
  struct Waiting {
    Waiting(Pace& of, Deadline until) : pace(of), end(until) {}
    ~Waiting() {
      pace.waited_ += Clock::now() - began;
      pace.exceeded_ = end.expired();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    Pace& pace;
    const Deadline end;
    const Clock::time_point began = Clock::now();
  };

  Deadline end_of(const Timeout& timeout, std::uint64_t rate) const {
    if (!timeout) return Deadline::never();
    constexpr std::uint64_t kMost = 1'000'000'000;  // seconds, 30 years: more might not fit a clock's count
    const std::chrono::seconds earned(std::min(came_ / std::max<std::uint64_t>(rate, 1), kMost));
    if (*timeout >= std::chrono::nanoseconds::max() - earned) return Deadline::never();
    return Deadline::after(*timeout + earned - waited_);
  }

  std::uint64_t came_ = 0;
  Clock::duration waited_{0};
  bool exceeded_ = false;
};

}  // namespace socketserver
