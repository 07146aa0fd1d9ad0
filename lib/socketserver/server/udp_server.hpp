// Servers of datagrams.
#pragma once

#include "socketserver/server/socket_server.hpp"

namespace socketserver {

/// Every datagram is a request. Python: socketserver.UDPServer.
class UDPServer : public SocketServer {
 public:
  /// Longer datagrams are cut: Request::truncated() says so, and statistics() counts them. At most 65,535.
  std::size_t max_packet_size = 8192;

  UDPServer(const Address& address, RequestHandlerClass handler)
      : SocketServer(address, std::move(handler)) {}
  ~UDPServer() override;

  int socket_type() const noexcept override { return SOCK_DGRAM; }
  std::optional<Request> get_request() override;

 private:
  std::string buffer_;  // one byte longer than a datagram may be, which shows those that are
};

}  // namespace socketserver
