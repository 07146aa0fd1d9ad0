// Servers of the Unix domain: the same over a path.
#pragma once

#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_path.hpp"

namespace socketserver {

/// Connections over a path. Python: socketserver.UnixStreamServer. Unlike there, a file left behind by a dead
/// server is taken over and our own is removed on close.
class UnixStreamServer : public TCPServer {
 public:
  using TCPServer::TCPServer;
  ~UnixStreamServer() override;

  void server_bind() override;
  void stop_accepting() override;
  void server_close() override;
  void forked() noexcept override;
  void begin_worker(int lifeline, Counters& counters) override;

 private:
  UnixPath path_;
};

/// Datagrams over a path; a client without a path of its own cannot be answered.
/// Python: socketserver.UnixDatagramServer.
class UnixDatagramServer : public UDPServer {
 public:
  using UDPServer::UDPServer;
  ~UnixDatagramServer() override;

  void server_bind() override;
  void server_close() override;
  void forked() noexcept override;
  void begin_worker(int lifeline, Counters& counters) override;

 private:
  UnixPath path_;
};

}  // namespace socketserver
