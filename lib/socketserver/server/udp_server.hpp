// Servers of datagrams.
#pragma once

#include <memory>

#include "socketserver/net/datagram_batch.hpp"
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
  /// In serve_forever() some datagrams are received at once, and those not yet served wait in the server.
  std::optional<Request> get_request() override;

 protected:
  bool has_pending() const noexcept override { return batch_ && !batch_->empty(); }

 private:
  std::unique_ptr<DatagramBatch> batch_;
};

}  // namespace socketserver
