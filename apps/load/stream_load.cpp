#include "load/stream_load.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace socketserver::apps {
namespace {

// As much as buffers of both ends hold in all: nobody waits for the other, and both sides of a server that
// blocks in its sending have something to do.
constexpr std::uint64_t kOnTheWay = std::uint64_t{1} << 20;

constexpr std::uint64_t kComparedOneIn = 16;

// To receive without a copy; of Linux, and there of TCP alone.
#if defined(__linux__)
constexpr int kDropUnread = MSG_TRUNC;
#else
constexpr int kDropUnread = 0;
#endif

}  // namespace

StreamLoad::StreamLoad(LoadSettings settings)
    : Load(std::move(settings)),
      pattern_(settings_.size),
      dialer_(settings_.server, SOCK_STREAM, 1),
      buffer_(settings_.size),
      streams_(settings_.connections) {
  make_room_for(settings_.connections);
}

void StreamLoad::begin() {
  for (std::size_t i = 0; i < streams_.size(); ++i) dial(i);
}

void StreamLoad::dial(std::size_t index) {
  Stream& stream = streams_[index];
  stream.fd = dialer_.dial();
  if (!stream.fd) {
    if (errno != EAGAIN) result_.failures.add_error(errno);
    return;
  }
  stream.sent = stream.received = 0;
  stream.last_byte = now_;
  watch(stream.fd.get(), index);
  want_writing(stream.fd.get(), true);
  ready(index, 0);
}

// One read and what it makes room for, and then it is the turn of the next connection: while one is filled,
// the server has the others to work on.
void StreamLoad::ready(std::size_t index, short) {
  Stream& stream = streams_[index];
  if (!stream.fd) return;
  const State read = pull(stream);
  if (read == State::kFailed || push(stream) == State::kFailed) return hang_up(stream);
  if (read == State::kMore && !std::exchange(stream.unfinished, true)) unfinished_.push_back(index);
}

void StreamLoad::pace() {
  for (const std::size_t index : std::exchange(unfinished_, {})) {
    streams_[index].unfinished = false;
    ready(index, 0);
  }
}

StreamLoad::State StreamLoad::fail(int errnum) {
  if (errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR || errnum == ENOTCONN)
    return State::kBlocked;
  result_.failures.add_error(errnum);
  return State::kFailed;
}

StreamLoad::State StreamLoad::push(Stream& stream) {
  const std::string_view data = pattern_.message(0);
  while (stream.sent - stream.received < kOnTheWay) {
    const std::size_t at = stream.sent % data.size();
    const ssize_t n = ::send(stream.fd.get(), data.data() + at, data.size() - at, MSG_NOSIGNAL);
    if (n < 0) return fail(errno);
    stream.sent += static_cast<std::uint64_t>(n);
  }
  want_writing(stream.fd.get(), false);  // what comes back makes room
  return State::kBlocked;
}

StreamLoad::State StreamLoad::pull(Stream& stream) {
  const std::size_t at = stream.received % pattern_.size(), wanted = pattern_.size() - at;
  const bool compared = stream.reads++ % kComparedOneIn == 0 || settings_.server.family() == AF_UNIX;
  const ssize_t n = ::recv(stream.fd.get(), buffer_.data(), wanted, compared ? 0 : kDropUnread);
  if (n < 0) return fail(errno);
  const auto got = static_cast<std::size_t>(n);
  if (got == 0) result_.failures.add(Failure::kClosed);
  const bool right =
      !compared || std::string_view(buffer_.data(), got) == pattern_.message(0).substr(at, got);
  if (!right) result_.failures.add(Failure::kWrong);
  if (got == 0 || !right) return State::kFailed;
  stream.received += got;
  stream.last_byte = now_;
  if (measuring()) stream.measured += got;
  return got < wanted ? State::kBlocked : State::kMore;
}

void StreamLoad::hang_up(Stream& stream) {
  unwatch(stream.fd.get());
  stream.fd.reset();
}

void StreamLoad::add_up() {
  result_.bytes = 0;
  for (const Stream& stream : streams_) result_.bytes += stream.measured;
}

void StreamLoad::tick() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].fd && overdue(streams_[i].last_byte)) {
      result_.failures.add(Failure::kTimedOut);
      hang_up(streams_[i]);
    }
    if (!streams_[i].fd) dial(i);
  }
  add_up();
}

void StreamLoad::finish() {
  add_up();
  for (const Stream& stream : streams_) result_.starved += stream.measured == 0;
  result_.seconds = seconds_between(measure_from_, end_);
}

}  // namespace socketserver::apps
