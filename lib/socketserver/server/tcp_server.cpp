#include "socketserver/server/tcp_server.hpp"

#include "socketserver/net/error.hpp"

namespace socketserver {

TCPServer::TCPServer(const Address& address, RequestHandlerClass handler)
    : SocketServer(address, std::move(handler)) {
  allow_reuse_address = true;
}

TCPServer::~TCPServer() { TCPServer::server_close(); }

// One that was adopted may listen already, with the backlog that its maker wanted.
void TCPServer::server_activate() {
  if (socket().getsockopt(SOL_SOCKET, SO_ACCEPTCONN) == 0) socket().listen(request_queue_size);
}

std::optional<Request> TCPServer::get_request() {
  auto accepted = socket().accept_pending();
  if (!accepted) return std::nullopt;
  Socket connection(std::move(accepted->first), socket().family(), SOCK_STREAM);
  connection.set_deadlines(deadlines);
  return std::optional<Request>(std::in_place, std::move(connection), accepted->second);
}

void TCPServer::shutdown_request(Request& request) {
  try {
    if (request.fileno() >= 0) request.shutdown(SHUT_WR);
  } catch (const OSError&) {  // the peer is gone: no error any more
  }
  close_request(request);
}

void TCPServer::stop_accepting() {
  SocketServer::stop_accepting();
  socket().close();
}

void TCPServer::forked() noexcept {
  SocketServer::forked();
  socket().close();
}

}  // namespace socketserver
