#include "load/idle_load.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace socketserver::apps {
namespace {

// At a time: fewer than any listen backlog, and enough to keep the server busy.
constexpr std::size_t kMostPending = 64;

// Of the 28,000 ports, since finding a free one gets slow past a fifth of them.
constexpr std::size_t kPortsOfASource = 5'000;

}  // namespace

IdleLoad::IdleLoad(LoadSettings settings, std::function<void()> held)
    : Load(std::move(settings)),
      held_(std::move(held)),
      pattern_(settings_.size),
      dialer_(settings_.server, SOCK_STREAM, 1 + settings_.connections / kPortsOfASource),
      buffer_(settings_.size) {
  make_room_for(settings_.connections);
}

void IdleLoad::begin() {
  end_ = Time::max();
  last_answer_ = now_;
  for (std::size_t i = 0; i < settings_.connections; ++i) connections_.emplace_back(pattern_, i);
  pace();
}

// False when it should be tried again later.
bool IdleLoad::ask(std::size_t index) {
  Exchange& connection = connections_[index];
  if (phase_ == Phase::kOpening) {
    Fd fd = dialer_.dial();
    if (!fd && errno == EAGAIN) return false;  // a Unix server's backlog is full
    if (!fd) return result_.failures.add_error(errno), true;
    watch(fd.get(), index);
    connection.open(std::move(fd));
  }
  if (!connection.is_open()) return true;
  result_.held += phase_ == Phase::kAsking;
  ++pending_;
  connection.begin(now_, now_);
  if (connection.push(result_.failures) == Exchange::State::kFailed) hang_up(index);
  if (connection.unsent()) want_writing(connection.fileno(), true);
  return true;
}

void IdleLoad::pace() {
  if (phase_ == Phase::kHolding && now_ >= hold_until_) {
    phase_ = Phase::kAsking;
    next_ = 0;
    last_answer_ = now_;
  }
  if (phase_ != Phase::kOpening && phase_ != Phase::kAsking) return;
  while (next_ < connections_.size() && pending_ < kMostPending && ask(next_)) ++next_;
  if (pending_ == 0 && next_ == connections_.size()) end_round();
}

void IdleLoad::end_round() {
  if (phase_ == Phase::kAsking) {
    phase_ = Phase::kDone;
    return;
  }
  result_.seconds = seconds_between(start_, last_answer_);
  if (held_) held_();
  now_ = Clock::now();
  hold_until_ = settings_.duration ? now_ + *settings_.duration : Time::max();
  phase_ = Phase::kHolding;
}

void IdleLoad::ready(std::size_t index, short events) {
  Exchange& connection = connections_[index];
  if (!connection.is_open()) return;
  if (connection.unsent()) {
    if (connection.push(result_.failures) == Exchange::State::kFailed) return hang_up(index);
    if (!connection.unsent()) want_writing(connection.fileno(), false);
  }
  if ((events & ~POLLOUT) == 0) return;
  const Exchange::State state = connection.pull(buffer_, result_.failures);
  if (state == Exchange::State::kAnswered)
    answered(index);
  else if (state == Exchange::State::kFailed)
    hang_up(index);
}

void IdleLoad::answered(std::size_t index) {
  --pending_;
  now_ = last_answer_ = Clock::now();
  if (phase_ == Phase::kOpening) {
    ++result_.requests;
    ++result_.all_requests;
  } else {
    ++result_.answered_again;
    ++result_.all_requests;
    result_.latency.add(static_cast<std::uint64_t>((now_ - connections_[index].began()).count()));
  }
}

void IdleLoad::hang_up(std::size_t index) {
  Exchange& connection = connections_[index];
  unwatch(connection.fileno());
  if (connection.waiting()) --pending_;
  connection.give_up();
  connection.close();
}

// A server that answers nobody any more is not asked by all the others, too.
void IdleLoad::tick() {
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (connections_[i].waiting() && overdue(connections_[i].began())) {
      result_.failures.add(Failure::kTimedOut);
      hang_up(i);
      if (overdue(last_answer_)) next_ = connections_.size();
    }
}

void IdleLoad::finish() {
  if (phase_ == Phase::kOpening) result_.seconds = seconds_between(start_, last_answer_);
  result_.starved = settings_.connections - result_.requests;
}

const char* IdleLoad::phase() const {
  switch (phase_) {
    case Phase::kOpening:
      return "opening";
    case Phase::kHolding:
      return "holding";
    default:
      return "asking again";
  }
}

}  // namespace socketserver::apps
