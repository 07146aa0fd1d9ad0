// Handlers of datagrams, with the same files as those of connections.
#pragma once

#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"

namespace socketserver {

/// rfile() reads the datagram; what was written to wfile() is sent back as one datagram by finish(), even if
/// that is nothing. Python: socketserver.DatagramRequestHandler.
class DatagramRequestHandler : public BaseRequestHandler {
 public:
  void setup() override;
  void finish() override;

  const std::string& packet() const noexcept { return request().packet(); }
  /// The server's socket.
  Socket& socket() const noexcept { return request().socket(); }
  Reader& rfile() noexcept { return *rfile_; }
  Writer& wfile() noexcept { return wfile_; }

 private:
  std::optional<Reader> rfile_;
  Writer wfile_;
};

}  // namespace socketserver
