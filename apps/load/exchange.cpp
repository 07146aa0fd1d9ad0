#include "load/exchange.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "load/dialer.hpp"

namespace socketserver::apps {

void Exchange::close(bool reset) {
  if (reset) reset_on_close(fd_.get());
  fd_.reset();
}

void Exchange::begin(Clock::time_point due, Clock::time_point now) {
  ++number_;
  sent_ = received_ = 0;
  due_ = due;
  began_ = now;
  waiting_ = true;
}

// The latter two while it connects.
bool Exchange::would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTCONN ||
         errno == EINPROGRESS;
}

Exchange::State Exchange::fail(Failures& failures, int errnum) {
  failures.add_error(errnum);
  return State::kFailed;
}

Exchange::State Exchange::push(Failures& failures) {
  const std::string_view message = pattern_->message(number_);
  while (unsent()) {
    const ssize_t n = ::send(fd_.get(), message.data() + sent_, message.size() - sent_, MSG_NOSIGNAL);
    if (n < 0) return would_block() ? State::kPending : fail(failures, errno);
    sent_ += static_cast<std::size_t>(n);
  }
  return State::kPending;
}

// With nothing outstanding there is nothing to receive, but the end of the connection.
Exchange::State Exchange::pull(std::span<char> buffer, Failures& failures) {
  for (;;) {
    const std::size_t wanted = waiting_ ? std::min(buffer.size(), pattern_->size() - received_) : 1;
    const ssize_t n = ::recv(fd_.get(), buffer.data(), wanted, 0);
    if (n < 0) return would_block() ? State::kPending : fail(failures, errno);
    if (n == 0) {
      failures.add(Failure::kClosed);
      return State::kFailed;
    }
    const auto got = static_cast<std::size_t>(n);
    const State state = received({buffer.data(), got}, failures);
    if (state != State::kPending || got < wanted) return state;
  }
}

Exchange::State Exchange::received(std::string_view data, Failures& failures) {
  if (!waiting_ || data != pattern_->message(number_).substr(received_, data.size())) {
    failures.add(Failure::kWrong);
    return State::kFailed;
  }
  received_ += data.size();
  if (received_ < pattern_->size()) return State::kPending;
  waiting_ = false;
  return State::kAnswered;
}

}  // namespace socketserver::apps
