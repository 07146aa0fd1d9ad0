// Who sees what happens to each connection: the one source of logs, traces and live views.
#pragma once

#include <cstdint>

#include "socketserver/net/address.hpp"
#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// What a connection, or the request that a datagram is, is about.
enum class ConnectionState : unsigned char {
  kAccepted,
  kQueued,          ///< until a thread or process has time for it
  kHandling,        ///< preparations and the handler run
  kWaitingToRead,   ///< the handler does, in a call of the connection
  kWaitingToWrite,  ///< the same
  kClosed,          ///< the last one, but for those that were refused
  kRefused,         ///< the last one of those; the outcome says why
};

/// How it ended.
enum class Outcome : unsigned char {
  kFinished,         ///< the handler returned
  kDetached,         ///< the same, and has kept its connection
  kCut,              ///< the server stopped, and shut it down at drain_timeout
  kDisconnected,     ///< the peer went away: reset, broken pipe
  kTimedOut,         ///< a deadline passed
  kUnauthenticated,  ///< the client did not prove who it is
  kFailed,           ///< the handler threw something else
  kCrashed,          ///< its process did
  kRefused,          ///< verify_request() said no
  kRefusedFull,      ///< there was no room
  kRefusedSource,    ///< its client had max_per_source already
};
const char* to_string(ConnectionState state) noexcept;
/// A word: "finished", "timed-out", "refused-full".
const char* to_string(Outcome outcome) noexcept;

/// A connection's change of state. Valid during the call that gives it.
struct ConnectionEvent {
  /// Among all processes of a server no other one has this number. It counts from 1 on, but in a worker
  /// process, whose own begin higher. A double holds it.
  std::uint64_t connection;
  const Address& client;
  ConnectionState state, previous;
  Clock::time_point time, since;  ///< of `state`, and of `previous`
  Clock::time_point accepted;
  std::uint32_t worker;  ///< the thread (worker_number()); all fibers of a thread are one
  /// With kClosed and kRefused alone.
  Outcome outcome;
  std::uint64_t received, sent;  ///< bytes; of datagrams only what was received
};

/// Give one to a server as `observer`; it must outlive the server. What happens in a child process that
/// serves a request (ForkingMixIn) is told there, to its copy. Any number of threads call at once, and wait
/// for it to return: it should be quick.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_change(const ConnectionEvent& event) noexcept = 0;
  /// Once a turn of the loop, so at least every poll_interval: for what should not wait for an event.
  virtual void on_turn() noexcept {}
  /// In a child process, before all else there, and before its end, which runs no destructor.
  virtual void on_fork() noexcept {}
  virtual void on_child_end() noexcept {}
};

/// The number of this thread, from 1 on. That of a thread that has ended is given away again, so the numbers
/// are those of lanes side by side.
std::uint32_t worker_number() noexcept;

}  // namespace socketserver
