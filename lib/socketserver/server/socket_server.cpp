#include "socketserver/server/socket_server.hpp"

#include <netinet/in.h>

namespace socketserver {

void SocketServer::server_bind() {
  socket_ = Socket(address_family(), socket_type());
  if (allow_reuse_address) socket_.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  // Linux refuses it for other families.
  if (allow_reuse_port && address_family() != AF_UNIX) socket_.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
  if (address_family() == AF_INET6 && wanted_.is_wildcard()) socket_.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  socket_.bind(wanted_);
  address_ = socket_.getsockname();
}

void SocketServer::server_close() {
  BaseServer::server_close();
  socket_.close();
}

}  // namespace socketserver
