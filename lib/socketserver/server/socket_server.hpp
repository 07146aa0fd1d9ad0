// What servers over a socket of their own share: binding, and the settings that go with it.
#pragma once

#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// A server with a listening, or in the case of datagrams receiving, socket. Python has no such class:
/// there UDPServer derives from TCPServer, which its own docstring calls bad design.
class SocketServer : public BaseServer {
 public:
  // ---- settings: set before it binds ----
  /// The listen backlog. Python: 5, which drops clients under any load.
  int request_queue_size = SOMAXCONN;
  /// SO_REUSEADDR: bind although connections of an earlier run linger in TIME_WAIT.
  bool allow_reuse_address = false;
  /// SO_REUSEPORT: several sockets on one port. Unix sockets have none, and take no notice, as in Python.
  bool allow_reuse_port = false;

  SocketServer(const Address& address, RequestHandlerClass handler)
      : BaseServer(std::move(handler)), wanted_(address), address_(address) {}

  /// Where it is bound, with the real port; before that, the address it was given.
  const Address& server_address() const noexcept { return address_; }
  /// AF_INET, AF_INET6 or AF_UNIX: follows from the address.
  int address_family() const noexcept { return wanted_.family(); }
  /// SOCK_STREAM or SOCK_DGRAM.
  virtual int socket_type() const noexcept = 0;
  Socket& socket() noexcept { return socket_; }
  int fileno() const noexcept override { return socket_.fileno(); }

  /// Serves over a socket that somebody else made and bound, systemd for instance (activated_sockets()), in
  /// place of one of its own; before it binds. It listens already, or will. When the server closes it, others
  /// who have it may still do: the path of a Unix socket stays. Throws OSError for what is no socket, and
  /// std::invalid_argument for one of another kind, or one that is not bound, or connected.
  void adopt(Fd fd);

  /// Makes the socket and binds it. Where the address is "" or "*", IPv4 is served along with IPv6.
  void server_bind() override;
  void server_close() override;

 protected:
  /// Is the next socket to serve one that was adopted?
  bool has_adopted() const noexcept { return adopted_.fileno() >= 0; }

 private:
  Address wanted_, address_;
  Socket socket_, adopted_;
};

}  // namespace socketserver
