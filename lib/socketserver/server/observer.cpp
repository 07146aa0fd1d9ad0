#include "socketserver/server/observer.hpp"

#include <mutex>
#include <vector>

namespace socketserver {
namespace {

/// Gives out the lowest number that is free.
class Numbers {
 public:
  std::uint32_t take() {
    const std::lock_guard lock(mutex_);
    std::size_t at = 0;
    while (at < taken_.size() && taken_[at]) ++at;
    if (at == taken_.size()) taken_.push_back(false);
    taken_[at] = true;
    return static_cast<std::uint32_t>(at) + 1;
  }
  void give_back(std::uint32_t number) noexcept {
    const std::lock_guard lock(mutex_);
    taken_[number - 1] = false;
  }

 private:
  std::mutex mutex_;  // guards taken_
  std::vector<bool> taken_;
};

// Never destroyed: threads may end after main() has.
Numbers& numbers() {
  static Numbers& all = *new Numbers;
  return all;
}

struct Number {
  Number() : value(numbers().take()) {}
  ~Number() { numbers().give_back(value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  const std::uint32_t value;
};

}  // namespace

std::uint32_t worker_number() noexcept {
  thread_local const Number own;
  return own.value;
}

const char* to_string(ConnectionState state) noexcept {
  switch (state) {
    case ConnectionState::kAccepted:
      return "accepted";
    case ConnectionState::kQueued:
      return "queued";
    case ConnectionState::kHandling:
      return "handling";
    case ConnectionState::kWaitingToRead:
      return "waiting to read";
    case ConnectionState::kWaitingToWrite:
      return "waiting to write";
    case ConnectionState::kClosed:
      return "closed";
    case ConnectionState::kRefused:
      return "refused";
  }
  return "";
}

const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::kFinished:
      return "finished";
    case Outcome::kDetached:
      return "detached";
    case Outcome::kCut:
      return "cut";
    case Outcome::kDisconnected:
      return "disconnected";
    case Outcome::kTimedOut:
      return "timed-out";
    case Outcome::kUnauthenticated:
      return "unauthenticated";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kCrashed:
      return "crashed";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kRefusedFull:
      return "refused-full";
    case Outcome::kRefusedSource:
      return "refused-source";
  }
  return "";
}

}  // namespace socketserver
