#include "socketserver/server/socket_server.hpp"

#include <netinet/in.h>

#include <stdexcept>

#include "socketserver/net/error.hpp"

namespace socketserver {

namespace {

// Why a server of `type` cannot serve over `socket`; empty when it can.
std::string objection(const Socket& socket, int type, bool of_unix) {
  if (socket.type() != type)
    return type == SOCK_STREAM ? "is not of connections (SOCK_STREAM)" : "is not of datagrams (SOCK_DGRAM)";
  const bool is_unix = socket.family() == AF_UNIX;
  if (!is_unix && socket.family() != AF_INET && socket.family() != AF_INET6)
    return "is of no family known here";
  if (is_unix != of_unix) return of_unix ? "is not of the Unix domain" : "is of the Unix domain, not of IP";
  const Address name = socket.getsockname();
  if (is_unix ? name.path().empty() : name.port() == 0) return "is not bound";
  try {
    socket.getpeername();
  } catch (const OSError&) {
    return "";
  }
  return "is connected";
}

}  // namespace

void SocketServer::adopt(Fd fd) {
  const std::string what = "adopt: descriptor " + std::to_string(fd.get()) + " ";
  Socket adopted;
  try {
    adopted = Socket(std::move(fd));
  } catch (const OSError& error) {
    throw_os_error(error.errnum(), what + "is no socket");
  }
  const std::string reason = objection(adopted, socket_type(), address_family() == AF_UNIX);
  if (!reason.empty()) throw std::invalid_argument(what + reason);
  adopted.setblocking(true);  // whatever it was: the server's own calls never wait, and those of handlers may
  address_ = wanted_ = adopted.getsockname();
  adopted_ = std::move(adopted);
}

void SocketServer::server_bind() {
  if (has_adopted()) {
    socket_ = std::move(adopted_);
    return;
  }
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
  adopted_.close();
  socket_.close();
}

}  // namespace socketserver
