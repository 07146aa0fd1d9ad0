// Handlers of connections, with files for both directions.
#pragma once

#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"

namespace socketserver {

/// Has rfile() and wfile() over the connection. Python: socketserver.StreamRequestHandler.
class StreamRequestHandler : public BaseRequestHandler {
 public:
  // ---- settings: set them in the derived class's constructor ----
  /// Bytes that rfile reads ahead: -1 for Reader's own size, 0 for none.
  int rbufsize = -1;
  /// Bytes that wfile collects before it sends: -1 for as many as rfile's, 0 to send every write() at once.
  int wbufsize = 0;
  /// As Socket::settimeout(); nullopt leaves the server's `deadlines` in force.
  Timeout timeout;
  /// TCP_NODELAY: send small writes at once although the last ones are not yet acknowledged.
  bool disable_nagle_algorithm = false;

  void setup() override;
  /// Flushes wfile; a peer that is gone by then is no error.
  void finish() override;

  /// The connection; the same as request().socket().
  Socket& connection() const noexcept { return request().socket(); }
  Reader& rfile() noexcept { return *rfile_; }
  Writer& wfile() noexcept { return *wfile_; }

 private:
  std::optional<Reader> rfile_;
  std::optional<Writer> wfile_;
};

}  // namespace socketserver
