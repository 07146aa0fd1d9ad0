// Ending connections from the loop without losing what was said last.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

#include "socketserver/net/deadline.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver {

/// Connections whose end was sent, and which are read, never waiting, until the peer ends them, too: closing
/// one with something unread resets it, and then the peer may lose what it was told. One thread: the server's
/// loop.
class Lingering {
 public:
  /// Some round trips, within which a peer that reads has seen the end.
  static constexpr std::chrono::seconds kLongest{1};
  /// When there are more the oldest is closed at once: clients that are refused must not use up descriptors.
  static constexpr std::size_t kMost = 64;

  /// Sends the end, and keeps the connection by a descriptor of its own; where there is none left, it does
  /// without.
  void add(int fd) noexcept;
  bool empty() const noexcept { return connections_.empty(); }
  /// Adds what to wait for; returns when to look anyway.
  Deadline watch(std::vector<pollfd>& fds) const;
  /// Reads what there is, and closes what has ended or taken too long.
  void look() noexcept;
  void clear() noexcept { connections_.clear(); }

 private:
  struct Connection {
    Fd fd;
    Deadline end;
  };
  std::deque<Connection> connections_;  // the oldest first
};

}  // namespace socketserver
