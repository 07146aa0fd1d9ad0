// Slows down who fails too often.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "socketserver/net/address.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/server/shared_object.hpp"

namespace socketserver {

/// Lets each source (server/source.hpp) fail `at_once` times, and then once in `interval`: one failure is
/// forgotten in that time. Nobody is made to wait: between two failures a source is turned away, right or
/// wrong, which costs the server nothing. Unix sockets have no source, and no limit.
///
/// Who shares an address with an attacker is turned away with him: behind one NAT, or in one IPv6 network of
/// 64 bits, he can keep the others out for as long as he goes on, and an interval longer. That one of them
/// succeeds forgives nothing, since he would wait for it.
///
/// Memory is fixed. Where more sources fail than there is room for, the one that has failed least is
/// forgotten. Any thread, and any process forked after this was made, may call; all see the same.
class FailureLimit {
 public:
  /// 0 `at_once` is no limit.
  FailureLimit(std::size_t at_once, std::chrono::nanoseconds interval);

  /// May `client` try?
  bool allows(const Address& client, Clock::time_point now = Clock::now()) const;
  /// It has failed. Returns whether it may try again at once.
  bool add(const Address& client, Clock::time_point now = Clock::now());
  /// How many failures of it are not forgotten: `at_once` at most.
  std::size_t count(const Address& client, Clock::time_point now = Clock::now()) const;
  /// One of them was none after all.
  void take_back(const Address& client, Clock::time_point now = Clock::now());

 private:
  // Sets of as many as a line of cache holds, so that which one is forgotten is found at a glance. 8192
  // sources at a time, in 64 KiB.
  static constexpr std::size_t kWays = 8, kSets = 1024;
  using Entry = std::atomic<std::uint64_t>;
  struct alignas(64) Set {
    std::array<Entry, kWays> entries{};
  };
  struct Table {
    std::array<Set, kSets> sets{};
  };
  struct Place {
    Set* set;
    std::uint64_t tag;
  };

  bool find(const Address& client, Place& place) const;
  std::uint64_t ticks(Clock::time_point now) const noexcept;
  std::uint64_t ticks_left(const Address& client, Clock::time_point now) const;
  template <class Change>
  void update(const Place& place, Change change);

  std::size_t at_once_;
  std::uint64_t interval_;  // in ticks
  Clock::time_point began_ = Clock::now();
  std::array<char, 16> secret_;  // so that nobody can choose sources that share a set
  SharedObject<Table> table_;
};

}  // namespace socketserver
