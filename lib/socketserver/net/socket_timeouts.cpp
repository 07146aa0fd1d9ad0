// How long the calls of Socket may wait.
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "socketserver/net/socket.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

timeval to_timeval(const Timeout& timeout) {
  if (!timeout) return {0, 0};  // the kernel's "for ever"
  const auto us = std::max(1us, std::chrono::ceil<std::chrono::microseconds>(*timeout)).count();
  return {static_cast<time_t>(us / 1'000'000), static_cast<suseconds_t>(us % 1'000'000)};
}

}  // namespace

Timeout Socket::gettimeout() const noexcept {
  return blocking_ ? timeouts_.read : Timeout(std::chrono::nanoseconds(0));
}

void Socket::set_deadlines(const Deadlines& deadlines) {
  timeouts_ = deadlines;
  request_end_ = Deadline::after(deadlines.request);
}

void Socket::end_message() noexcept {
  if (progress_ == Progress::kReceived) progress_ = Progress::kSent;
}

// Makes the kernel wait no longer than `timeout`, and than what is `left` of a deadline. A time that is armed
// already and near enough is kept, so that a steady conversation costs no further system call; and only half
// of what is left is armed, so that this holds for the calls to come as well.
void Socket::arm(int option, const Timeout& timeout, const Timeout& left) {
  Timeout& armed = option == SO_RCVTIMEO ? armed_receive_ : armed_send_;
  Timeout wanted = timeout;
  if (left && (!wanted || *left < *wanted)) {
    const auto half = std::max<std::chrono::nanoseconds>(*left / 2, 1ms);
    wanted = armed && half <= *armed && *armed <= *left ? armed : half;
  }
  if (wanted == armed) return;
  const timeval value = to_timeval(wanted);
  if (::setsockopt(fileno(), SOL_SOCKET, option, &value, sizeof value) < 0) fail(errno, "setsockopt");
  armed = wanted;
}

void Socket::set_write_timeout(Timeout timeout) {
  timeouts_.write = timeout;
  arm(SO_SNDTIMEO, timeout, {});
}

}  // namespace socketserver
