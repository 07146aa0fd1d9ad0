#include "socketserver/net/deadline.hpp"

#include <algorithm>
#include <limits>

namespace socketserver {

Deadline Deadline::after(Timeout timeout) {
  if (!timeout) return never();
  const auto now = Clock::now();
  if (*timeout >= Clock::time_point::max() - now) return never();
  return Deadline(now + std::max(*timeout, std::chrono::nanoseconds(0)));
}

Timeout Deadline::remaining() const {
  if (is_never()) return std::nullopt;
  const auto now = Clock::now();
  return at_ <= now ? std::chrono::nanoseconds(0) : at_ - now;
}

int Deadline::poll_timeout() const {
  const Timeout left = remaining();
  if (!left) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*left).count();
  return static_cast<int>(std::min<decltype(ms)>(ms, std::numeric_limits<int>::max()));
}

}  // namespace socketserver
