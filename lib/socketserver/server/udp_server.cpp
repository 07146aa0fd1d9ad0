#include "socketserver/server/udp_server.hpp"

#include <algorithm>

namespace socketserver {

UDPServer::~UDPServer() { UDPServer::server_close(); }

std::optional<Request> UDPServer::get_request() {
  buffer_.resize(max_packet_size + 1);
  Address client;
  const auto received = socket().recvfrom_pending(buffer_, client);
  if (!received) return std::nullopt;
  const bool truncated = *received > max_packet_size;
  if (truncated) ++counters().truncated;
  const std::string_view packet(buffer_.data(), std::min(*received, max_packet_size));
  return std::optional<Request>(std::in_place, socket(), packet, truncated, client);
}

}  // namespace socketserver
