// Waiting for a peer that has to work before it can answer.
#pragma once

#include <cstdint>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// While it lives, calls on a socket with a timeout may take longer, by the time in which a slow disk reads
/// `bytes` and a slow machine hashes them.
class Patience {
 public:
  Patience(Socket& socket, std::uint64_t bytes) : socket_(socket), before_(socket.gettimeout()) {
    if (before_) socket_.settimeout(*before_ + std::chrono::seconds(bytes / kBytesPerSecond));
  }
  ~Patience() { socket_.settimeout(before_); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  static constexpr std::uint64_t kBytesPerSecond = 50'000'000;  // old disks have twice as much

  Socket& socket_;
  Timeout before_;
};

}  // namespace socketserver
