#include "socketserver/service/failure_limit.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "socketserver/crypto/sha256.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/server/source.hpp"

namespace socketserver {
namespace {

// An entry is of whom, by a part of a hash, and when his failures will be forgotten, in milliseconds since
// the table was made: in one word, which changes as a whole, so that nobody has to hold a lock that he may
// be killed with. 40 bits count 34 years; with 24, one of 16 million sources is taken for another.
constexpr unsigned kTimeBits = 40;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
using Tick = std::chrono::milliseconds;

std::uint64_t time_of(std::uint64_t entry) { return entry & kTimeMask; }

template <class Entries>
auto* entry_of(Entries& entries, std::uint64_t tag) {
  const auto found = std::ranges::find_if(
      entries, [tag](const auto& entry) { return entry.load() != 0 && entry.load() >> kTimeBits == tag; });
  return found == entries.end() ? nullptr : &*found;
}

template <class Entries>
auto* first_to_forget(Entries& entries) {
  return &*std::ranges::min_element(entries, {}, [](const auto& entry) { return time_of(entry.load()); });
}

}  // namespace

FailureLimit::FailureLimit(std::size_t at_once, std::chrono::nanoseconds interval)
    : at_once_(at_once),
      interval_(
          static_cast<std::uint64_t>(std::max<Tick::rep>(1, std::chrono::ceil<Tick>(interval).count()))),
      table_(make_shared_object<Table>()) {
  platform::fill_random(secret_);
}

std::uint64_t FailureLimit::ticks(Clock::time_point now) const noexcept {
  return static_cast<std::uint64_t>(std::max<Tick::rep>(0, std::chrono::floor<Tick>(now - began_).count()));
}

// False for clients that are not limited.
bool FailureLimit::find(const Address& client, Place& place) const {
  const std::string source = at_once_ > 0 ? Source::key_of(client) : "";
  if (source.empty()) return false;
  Sha256 hash({secret_.data(), secret_.size()});
  hash.update(source);
  const auto digest = hash.digest();
  std::uint64_t number;
  std::memcpy(&number, digest.data(), sizeof number);
  place = {&table_->sets[number % kSets], number >> kTimeBits};
  return true;
}

// Until all failures of a client are forgotten.
std::uint64_t FailureLimit::ticks_left(const Address& client, Clock::time_point now) const {
  Place place;
  if (!find(client, place)) return 0;
  const Entry* entry = entry_of(place.set->entries, place.tag);
  const std::uint64_t forgotten = entry == nullptr ? 0 : time_of(entry->load());
  return forgotten - std::min(forgotten, ticks(now));
}

bool FailureLimit::allows(const Address& client, Clock::time_point now) const {
  return at_once_ == 0 || ticks_left(client, now) <= (at_once_ - 1) * interval_;
}

std::size_t FailureLimit::count(const Address& client, Clock::time_point now) const {
  return static_cast<std::size_t>((ticks_left(client, now) + interval_ - 1) / interval_);
}

// `change` makes the time when failures are forgotten out of what that was: 0 for who is not known.
template <class Change>
void FailureLimit::update(const Place& place, Change change) {
  for (;;) {
    Entry* entry = entry_of(place.set->entries, place.tag);
    const bool known = entry != nullptr;
    if (!known) entry = first_to_forget(place.set->entries);
    std::uint64_t before = entry->load();
    if (known && before >> kTimeBits != place.tag) continue;  // it was forgotten just now
    const std::uint64_t forgotten = change(known ? time_of(before) : 0);
    if (entry->compare_exchange_strong(before, place.tag << kTimeBits | (forgotten & kTimeMask))) return;
  }
}

bool FailureLimit::add(const Address& client, Clock::time_point now) {
  Place place;
  if (!find(client, place)) return true;
  // Those who try at the same time are all counted, but never kept out for longer than the rest.
  update(place, [this, at = ticks(now)](std::uint64_t forgotten) {
    return std::min(std::max(at, forgotten) + interval_, at + at_once_ * interval_);
  });
  return allows(client, now);
}

void FailureLimit::take_back(const Address& client, Clock::time_point now) {
  Place place;
  if (ticks_left(client, now) > 0 && find(client, place))
    update(place, [this](std::uint64_t forgotten) { return forgotten - std::min(forgotten, interval_); });
}

}  // namespace socketserver
