#include "socketserver/server/udp_server.hpp"

#include <algorithm>

namespace socketserver {

UDPServer::~UDPServer() { UDPServer::server_close(); }

void UDPServer::server_activate() {
  socket().set_write_timeout(std::min(deadlines.write.value_or(drain_timeout), drain_timeout));
}

void UDPServer::server_close() {
  SocketServer::server_close();
  batch_.reset();
}

std::optional<Request> UDPServer::get_request() {
  if (!has_pending() && (!batch_ || batch_->datagram_size() != max_packet_size))
    batch_ = std::make_unique<DatagramBatch>(max_packet_size);
  Datagram datagram;
  const std::size_t most = may_read_ahead() ? DatagramBatch::kDatagrams : 1;
  if (!batch_->next(socket().fileno(), most, datagram)) return std::nullopt;
  if (datagram.truncated) ++counters().truncated;
  return std::optional<Request>(std::in_place, socket(), datagram.bytes, datagram.truncated, datagram.from);
}

}  // namespace socketserver
