// Connections to the server under load.
#pragma once

#include <cstddef>

#include "socketserver/net/address.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver::apps {

/// Opens sockets to one server, without waiting for any. One thread.
///
/// An address has some 28,000 ports for connections to one server, and the one that closes a connection first
/// keeps its port for a minute. Where the server is on 127.0.0.0/8, whose every address is this machine, the
/// sockets are spread over as many source addresses as `sources` says.
class Dialer {
 public:
  /// `type` is SOCK_STREAM or SOCK_DGRAM.
  Dialer(const Address& server, int type, std::size_t sources);

  /// A non-blocking socket that is connected, or about to be: until then sending fails with EAGAIN or
  /// ENOTCONN. None where that failed at once: errno tells why, EAGAIN that a Unix server's backlog is full.
  Fd dial();
  int type() const { return type_; }

 private:
  bool bind_source(int fd);

  Address server_;
  int type_;
  std::size_t sources_, dialled_;
};

/// Has the next close() reset the connection, so that nobody keeps its port.
void reset_on_close(int fd);

/// Raises the soft limit of descriptors for `connections`. Throws std::runtime_error where the hard one is
/// too low.
void make_room_for(std::size_t connections);

}  // namespace socketserver::apps
