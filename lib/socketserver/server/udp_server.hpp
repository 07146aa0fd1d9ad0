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
  /// Limits the waits of handlers that send to deadlines.write, and to drain_timeout: nobody could end one
  /// for a Unix receiver that never reads.
  void server_activate() override;
  /// In serve_forever() up to DatagramBatch::kDatagrams are received at once, and those not yet served wait
  /// in the server, until server_close() loses them.
  std::optional<Request> get_request() override;
  void server_close() override;

 protected:
  bool has_pending() const noexcept override { return batch_ && !batch_->empty(); }

 private:
  std::unique_ptr<DatagramBatch> batch_;
};

}  // namespace socketserver
