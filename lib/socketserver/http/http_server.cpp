#include "socketserver/http/http_server.hpp"

#include "socketserver/http/status.hpp"

namespace socketserver {

std::string http_full_message() {
  const std::string text = "The server has no room for more clients at the moment; try again later.\n";
  return "HTTP/1.1 503 " + std::string(http_phrase(HTTPStatus::SERVICE_UNAVAILABLE)) +
         "\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: text/plain; "
         "charset=utf-8\r\nContent-Length: " +
         std::to_string(text.size()) + "\r\n\r\n" + text;
}

HTTPServer::HTTPServer(const Address& address, RequestHandlerClass handler)
    : TCPServer(address, std::move(handler)) {
  deadlines = {kIdle, kStalled, kIdle, kStalled, {}};
  full_message = http_full_message();
}

HTTPServer::~HTTPServer() { HTTPServer::server_close(); }

}  // namespace socketserver
