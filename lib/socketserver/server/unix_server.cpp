#include "socketserver/server/unix_server.hpp"

namespace socketserver {

UnixStreamServer::~UnixStreamServer() { UnixStreamServer::server_close(); }

void UnixStreamServer::server_bind() {
  if (has_adopted()) return TCPServer::server_bind();
  path_.bind(server_address(), [this] { TCPServer::server_bind(); });
}

void UnixStreamServer::stop_accepting() {
  path_.remove();
  TCPServer::stop_accepting();
}

void UnixStreamServer::server_close() {
  path_.remove();
  TCPServer::server_close();
}

void UnixStreamServer::forked() noexcept {
  path_.disown();
  TCPServer::forked();
}

void UnixStreamServer::begin_worker(int lifeline, Counters& counters) {
  path_.disown();
  TCPServer::begin_worker(lifeline, counters);
}

UnixDatagramServer::~UnixDatagramServer() { UnixDatagramServer::server_close(); }

void UnixDatagramServer::server_bind() {
  if (has_adopted()) return UDPServer::server_bind();
  path_.bind(server_address(), [this] { UDPServer::server_bind(); });
}

void UnixDatagramServer::server_close() {
  path_.remove();
  UDPServer::server_close();
}

void UnixDatagramServer::forked() noexcept {
  path_.disown();
  UDPServer::forked();
}

void UnixDatagramServer::begin_worker(int lifeline, Counters& counters) {
  path_.disown();
  UDPServer::begin_worker(lifeline, counters);
}

}  // namespace socketserver
