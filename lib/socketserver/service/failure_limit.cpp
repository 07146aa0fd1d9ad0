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

bool FailureLimit::allows(const Address& client, Clock::time_point now) const {
  Place place;
  if (!find(client, place)) return true;
  const Entry* entry = entry_of(place.set->entries, place.tag);
  return entry == nullptr || time_of(entry->load()) <= ticks(now) + (at_once_ - 1) * interval_;
}

bool FailureLimit::add(const Address& client, Clock::time_point now) {
  Place place;
  if (!find(client, place)) return true;
  const std::uint64_t at = ticks(now);
  for (;;) {
    Entry* entry = entry_of(place.set->entries, place.tag);
    const bool known = entry != nullptr;
    if (!known) entry = first_to_forget(place.set->entries);
    std::uint64_t before = entry->load();
    if (known && before >> kTimeBits != place.tag) continue;  // it was forgotten just now
    const std::uint64_t from = known ? std::max(at, time_of(before)) : at;
    // Those who try at the same time are all counted, but never kept out for longer than the rest.
    const std::uint64_t forgotten = std::min(from + interval_, at + at_once_ * interval_);
    if (entry->compare_exchange_strong(before, place.tag << kTimeBits | (forgotten & kTimeMask))) break;
  }
  return allows(client, now);
}

}  // namespace socketserver
