// A limit of so many a second, some of which may come at once.
#pragma once

#include <algorithm>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// A token for each that is let through; `rate` of them are added each second, up to `burst`. Full at first.
/// One thread.
class TokenBucket {
 public:
  /// False when there is none.
  bool take(double rate, double burst, Clock::time_point now) noexcept {
    if (last_ == Clock::time_point::min())
      tokens_ = burst;
    else if (now > last_)
      tokens_ = std::min(burst, tokens_ + rate * std::chrono::duration<double>(now - last_).count());
    last_ = std::max(last_, now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_ = 0;
  Clock::time_point last_ = Clock::time_point::min();
};

}  // namespace socketserver
