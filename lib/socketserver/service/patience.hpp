// Waiting for a peer that has to work before it can answer.
#pragma once

#include <cstdint>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// The time in which a slow disk reads so many bytes and a slow machine hashes them.
inline std::chrono::seconds time_to_hash(std::uint64_t bytes) {
  constexpr std::uint64_t kBytesPerSecond = 50'000'000;  // old disks have twice as much
  return std::chrono::seconds(bytes / kBytesPerSecond);
}

/// While it lives, calls on a socket with a timeout may take longer, as a peer does that hashes `bytes`
/// before it answers.
class Patience {
 public:
  Patience(Socket& socket, std::uint64_t bytes) : socket_(socket), before_(socket.gettimeout()) {
    if (before_) socket_.settimeout(*before_ + time_to_hash(bytes));
  }
  ~Patience() { socket_.settimeout(before_); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  Socket& socket_;
  Timeout before_;
};

/// The same for the next thing that a client says, on a connection with the deadlines `usual`; that of the
/// whole request stays in force.
class PatienceOfServer {
 public:
  PatienceOfServer(Socket& socket, const Deadlines& usual, std::uint64_t bytes)
      : socket_(socket), usual_(usual), end_(socket.request_end()) {
    Deadlines patient = usual;
    patient.first_byte = usual.idle;
    if (usual.idle) *patient.first_byte += time_to_hash(bytes);
    set(patient);
  }
  ~PatienceOfServer() { set(usual_); }
  PatienceOfServer(const PatienceOfServer&) = delete;
  PatienceOfServer& operator=(const PatienceOfServer&) = delete;

 private:
  void set(const Deadlines& deadlines) {
    socket_.set_deadlines(deadlines);
    socket_.set_request_end(end_);
    socket_.begin_anew();
  }

  Socket& socket_;
  Deadlines usual_;
  Deadline end_;
};

}  // namespace socketserver
