#include "load/load.hpp"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <ctime>

namespace socketserver::apps {
namespace {

// How late a timeout may be noticed, and a broken connection be tried again: nothing to a person, and to look
// at 20,000 connections so often is nothing to a core.
constexpr std::chrono::milliseconds kTick{50};

// What poll(2) and its like can wait for at least.
constexpr std::chrono::milliseconds kLeastSleep{1};

constexpr std::size_t kInterruption = SIZE_MAX;  // the index of what is no connection, and only wakes us

}  // namespace

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::max(std::chrono::duration<double>(to - from).count(), 0.0);
}

Load::Load(LoadSettings settings) : settings_(std::move(settings)), poller_(make_poller()) {}
Load::~Load() = default;

void Load::watch(int fd, std::size_t index) {
  const auto place = static_cast<std::size_t>(fd);
  if (place >= index_of_.size()) index_of_.resize(place + 1);
  index_of_[place] = index;
  poller_->add(fd);
  want_writing(fd, false);
}

void Load::want_writing(int fd, bool writing) {
  poller_->want(fd, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN));
}

void Load::record(Time since, std::size_t bytes, bool measured) {
  ++result_.all_requests;
  if (!measured) return;
  result_.latency.add(static_cast<std::uint64_t>(std::max<std::int64_t>((now_ - since).count(), 0)));
  ++result_.requests;
  result_.bytes += bytes;
}

// A message that is due must not wait for the next whole millisecond: that would be our latency. So the rest
// of it is spent asking, which lets others run, too.
Deadline Load::sleep_until() const {
  const Time coarse = now_ < end_ ? std::min(next_tick_, end_) : next_tick_, fine = wake_at();
  if (fine >= coarse) return Deadline(coarse);
  return fine - now_ > kLeastSleep ? Deadline(fine - kLeastSleep) : Deadline::now();
}

void Load::wait_for_events() {
  const Deadline deadline = sleep_until();
  const auto events = poller_->wait(deadline);
  if (events.empty() && deadline == Deadline::now() && wake_at() > now_) ::sched_yield();
  now_ = Clock::now();
  for (const Poller::Event& event : events) {
    const std::size_t index = index_of_[static_cast<std::size_t>(event.fd)];
    if (index != kInterruption) ready(index, event.events);
  }
}

void Load::end_early() {
  result_.interrupted = true;
  end_ = std::min(end_, now_);
}

const LoadResult& Load::run(const Interruption* interruption,
                            const std::function<bool(const LoadProgress&)>& go_on) {
  if (interruption != nullptr) watch(interruption->fileno(), kInterruption);
  start_ = now_ = Clock::now();
  measure_from_ = start_ + settings_.warm_up;
  end_ = settings_.duration ? measure_from_ + *settings_.duration : Time::max();
  next_tick_ = start_ + kTick;
  const std::clock_t cpu = std::clock();
  begin();
  while (!over()) {
    wait_for_events();
    if (interruption != nullptr && interruption->requested() && !result_.interrupted) end_early();
    pace();
    if (now_ < next_tick_) continue;
    tick();
    next_tick_ = now_ + kTick;
    if (go_on && !result_.interrupted && !go_on({phase(), seconds_between(start_, now_), result_}))
      end_early();
  }
  finish();
  if (const double seconds = seconds_between(start_, now_); seconds > 0)
    result_.cpu = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / seconds;
  return result_;
}

}  // namespace socketserver::apps
