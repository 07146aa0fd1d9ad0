#include "load/request_load.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace socketserver::apps {
namespace {

// So many connections a second that each has a port of its own until its minute is over, on the fastest
// servers; and finding a free port stays quick.
constexpr std::size_t kChurnSources = 50;
// Of the 28,000 ports, since finding a free one gets slow past half of them.
constexpr std::size_t kPortsOfASource = 10'000;

// More than an answer that comes at once, and a cache can hold.
constexpr std::size_t kMostAtOnce = 65'536;

std::size_t sources_for(bool churn, std::size_t connections) {
  return churn ? kChurnSources : 1 + connections / kPortsOfASource;
}

}  // namespace

RequestLoad::RequestLoad(LoadSettings settings, Connections connections)
    : Load(std::move(settings)),
      churn_(connections == Connections::kNewEachTime),
      pattern_(settings_.size),
      dialer_(settings_.server, SOCK_STREAM, sources_for(churn_, settings_.connections)),
      buffer_(std::min(settings_.size, kMostAtOnce)) {
  make_room_for(settings_.connections);
}

// ---- when ----

// In whole seconds and the rest, which 64 bits can hold.
Load::Time RequestLoad::due_time(std::uint64_t request) const {
  const std::uint64_t whole = request / settings_.rate, rest = request % settings_.rate;
  return start_ + std::chrono::seconds(whole) +
         std::chrono::nanoseconds(rest * 1'000'000'000 / settings_.rate);
}

Load::Time RequestLoad::next_due(std::size_t index) const {
  return due_time(slots_[index].begun * slots_.size() + index);
}

Load::Time RequestLoad::wake_at() const {
  if (!open_loop()) return Time::max();
  const Time due = due_time(paced_);
  return due < end_ ? due : Time::max();
}

// Connections that are busy, or broken, look for what is due when they are free again.
void RequestLoad::pace() {
  if (!open_loop()) return;
  for (; due_time(paced_) <= now_ && due_time(paced_) < end_; ++paced_) {
    const std::size_t index = paced_ % slots_.size();
    if (!slots_[index].exchange.waiting()) begin_next(index);
  }
}

bool RequestLoad::over() const {
  if (!Load::over()) return false;
  if (!open_loop() || result_.interrupted || overdue(end_)) return true;
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].exchange.waiting() || next_due(i) < end_) return false;
  return true;
}

// ---- what ----

void RequestLoad::begin() {
  slots_.reserve(settings_.connections);
  for (std::size_t i = 0; i < settings_.connections; ++i) slots_.push_back({Exchange(pattern_, i)});
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (churn_ || dial(i)) begin_next(i);
}

// A Unix server whose backlog is full is no failure: the next tick tries again.
bool RequestLoad::dial(std::size_t index) {
  Fd fd = dialer_.dial();
  if (!fd) {
    if (errno != EAGAIN) result_.failures.add_error(errno);
    return false;
  }
  watch(fd.get(), index);
  slots_[index].exchange.open(std::move(fd));
  return true;
}

// The next request of a connection that has none outstanding, if there is one by now.
void RequestLoad::begin_next(std::size_t index) {
  Slot& slot = slots_[index];
  const Time due = open_loop() ? next_due(index) : now_;
  if (due > now_ || due >= end_) return;
  if (!slot.exchange.is_open() && (!churn_ || !dial(index))) return;
  ++slot.begun;
  slot.exchange.begin(due, now_);
  if (slot.exchange.push(result_.failures) == Exchange::State::kFailed) return fail(index);
  if (slot.exchange.unsent()) want_writing(slot.exchange.fileno(), true);
}

void RequestLoad::ready(std::size_t index, short events) {
  Exchange& exchange = slots_[index].exchange;
  if (!exchange.is_open()) return;
  if (exchange.unsent()) {
    if (exchange.push(result_.failures) == Exchange::State::kFailed) return fail(index);
    if (!exchange.unsent()) want_writing(exchange.fileno(), false);
  }
  if ((events & ~POLLOUT) == 0) return;
  const Exchange::State state = exchange.pull(buffer_, result_.failures);
  if (state == Exchange::State::kAnswered)
    answered(index);
  else if (state == Exchange::State::kFailed)
    fail(index);
}

void RequestLoad::answered(std::size_t index) {
  Slot& slot = slots_[index];
  now_ = last_answer_ = Clock::now();
  const bool measured = open_loop() ? slot.exchange.due() >= measure_from_ : measuring();
  record(slot.exchange.due(), settings_.size, measured);
  slot.answered += measured || open_loop();
  if (churn_) hang_up(slot);
  begin_next(index);
}

void RequestLoad::fail(std::size_t index) { hang_up(slots_[index]); }

void RequestLoad::hang_up(Slot& slot) {
  unwatch(slot.exchange.fileno());
  slot.exchange.give_up();
  slot.exchange.close(settings_.reset);
}

// What failed is tried again here, and not at once: a server that is gone must not keep us busy.
void RequestLoad::tick() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.exchange.waiting() && overdue(slot.exchange.began())) {
      result_.failures.add(Failure::kTimedOut);
      fail(i);
    }
    if (slot.exchange.is_open()) continue;
    if (churn_ || dial(i)) begin_next(i);
  }
}

void RequestLoad::finish() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    result_.starved += slots_[i].answered == 0 && (slots_[i].begun > 0 || !open_loop());
    if (!open_loop() || result_.interrupted) continue;
    if (slots_[i].exchange.waiting()) result_.failures.add(Failure::kTimedOut);
    for (; next_due(i) < end_; ++slots_[i].begun) result_.failures.add(Failure::kTimedOut);
  }
  result_.seconds = seconds_between(measure_from_, std::max(end_, open_loop() ? last_answer_ : end_));
}

}  // namespace socketserver::apps
