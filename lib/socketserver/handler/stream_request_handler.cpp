#include "socketserver/handler/stream_request_handler.hpp"

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

std::size_t buffer_size(int wanted) {
  return wanted < 0 ? Reader::kDefaultBufferSize : static_cast<std::size_t>(wanted);
}

}  // namespace

void StreamRequestHandler::setup() {
  if (timeout) connection().settimeout(timeout);
  if (disable_nagle_algorithm) connection().set_nodelay();
  rfile_.emplace(connection(), buffer_size(rbufsize));
  wfile_.emplace(connection(), buffer_size(wbufsize));
}

void StreamRequestHandler::finish() {
  if (connection().fileno() < 0) return;  // closed, or given away with the socket that wfile writes to
  try {
    wfile_->flush();
  } catch (const OSError&) {
  }
}

}  // namespace socketserver
