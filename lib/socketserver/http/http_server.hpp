// Servers of HTTP: the settings that go with it, around any concurrency model. With the handlers, this is all
// that Python's module http.server has.
#pragma once

#include "socketserver/concurrency/threading.hpp"
#include "socketserver/http/base_http_request_handler.hpp"
#include "socketserver/http/simple_http_request_handler.hpp"
#include "socketserver/server/tcp_server.hpp"

namespace socketserver {

/// The whole answer, with status 503, for a client for whom there is no room: BaseServer::full_message.
std::string http_full_message();

/// A TCPServer whose defaults are those of HTTP: deadlines, so that no client stays for ever, and an answer
/// for those who are refused. Any mix-in goes around it. Python: http.server.HTTPServer.
class HTTPServer : public TCPServer {
 public:
  /// A connection that says nothing is closed after this, as nginx does.
  static constexpr std::chrono::seconds kIdle{75};
  /// In the middle of something only the network can be slow: TCP sends a lost packet again 6 times in a
  /// minute.
  static constexpr std::chrono::seconds kStalled{60};

  HTTPServer(const Address& address, RequestHandlerClass handler);
  ~HTTPServer() override;

  /// Where it is bound, as a URL has it. Python: two attributes.
  std::string server_name() const { return server_address().host(); }
  int server_port() const noexcept { return server_address().port(); }
};

/// Python: http.server.ThreadingHTTPServer.
using ThreadingHTTPServer = ThreadingMixIn<HTTPServer>;

}  // namespace socketserver
