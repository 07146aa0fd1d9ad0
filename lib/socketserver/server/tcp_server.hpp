// Servers of connections.
#pragma once

#include "socketserver/server/socket_server.hpp"

namespace socketserver {

/// Accepts connections; by itself it serves one after the other. Python: socketserver.TCPServer, but for
/// allow_reuse_address, which is set, so that a restart does not fail for a minute.
class TCPServer : public SocketServer {
 public:
  TCPServer(const Address& address, RequestHandlerClass handler);
  ~TCPServer() override;

  int socket_type() const noexcept override { return SOCK_STREAM; }
  void server_activate() override;
  /// Accepts, and sets `deadlines` on the connection.
  std::optional<Request> get_request() override;
  /// shutdown(SHUT_WR), so that the client sees the end at once, then close_request().
  void shutdown_request(Request& request) override;
  void stop_accepting() override;
  void forked() noexcept override;
};

}  // namespace socketserver
