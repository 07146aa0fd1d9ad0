#include "socketserver/handler/datagram_request_handler.hpp"

namespace socketserver {

void DatagramRequestHandler::setup() { rfile_.emplace(packet()); }

void DatagramRequestHandler::finish() { socket().sendto(wfile_.getvalue(), client_address()); }

}  // namespace socketserver
