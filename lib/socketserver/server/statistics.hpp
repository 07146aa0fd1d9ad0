// What a server counts.
#pragma once

#include <atomic>
#include <cstdint>

namespace socketserver {

/// How often what has happened since the server was made; a snapshot.
struct Statistics {
  std::uint64_t accepted = 0;      ///< requests that get_request() gave
  std::uint64_t active = 0;        ///< of those, not yet ended
  std::uint64_t refused = 0;       ///< verify_request() said no
  std::uint64_t failed = 0;        ///< handlers that threw, but for the next two, or whose worker crashed
  std::uint64_t disconnected = 0;  ///< the peer went away: reset, broken pipe
  std::uint64_t timed_out = 0;     ///< a deadline passed
  std::uint64_t truncated = 0;     ///< datagrams longer than max_packet_size
  std::uint64_t paused = 0;        ///< times that accepting paused for want of descriptors, threads or memory
  std::uint64_t peak = 0;          ///< of `active`, at most so far
  std::uint64_t queued = 0;        ///< of `active`, for those a thread or process has no time yet
  std::uint64_t received = 0;      ///< bytes of connections and datagrams that have ended
  std::uint64_t sent = 0;          ///< the same, of connections alone
  std::uint64_t refused_full = 0;  ///< there was no room, and when_full said so
  std::uint64_t refused_source = 0;   ///< the client had max_per_source already
  std::uint64_t drained = 0;          ///< in progress when a loop stopped, and finished in time
  std::uint64_t cut = 0;              ///< the same, but shut down at drain_timeout
  std::uint64_t unauthenticated = 0;  ///< AuthenticationError: clients that did not prove who they are

  Statistics& operator+=(const Statistics& other) noexcept {
    accepted += other.accepted, active += other.active, refused += other.refused, failed += other.failed;
    disconnected += other.disconnected, timed_out += other.timed_out, truncated += other.truncated;
    paused += other.paused, peak += other.peak, queued += other.queued;
    received += other.received, sent += other.sent;
    refused_full += other.refused_full, refused_source += other.refused_source;
    drained += other.drained, cut += other.cut, unauthenticated += other.unauthenticated;
    return *this;
  }
};

/// The same while counting: any thread may, and any process that shares the memory.
struct Counters {
  using Counter = std::atomic<std::uint64_t>;
  Counter accepted{0}, active{0}, refused{0}, failed{0}, disconnected{0}, timed_out{0}, truncated{0},
      paused{0}, peak{0}, queued{0}, received{0}, sent{0}, refused_full{0}, refused_source{0}, drained{0},
      cut{0}, unauthenticated{0};

  Statistics snapshot() const noexcept {
    return {accepted,     active,         refused, failed, disconnected,   timed_out,
            truncated,    paused,         peak,    queued, received,       sent,
            refused_full, refused_source, drained, cut,    unauthenticated};
  }
};

}  // namespace socketserver
