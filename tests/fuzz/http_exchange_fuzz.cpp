// All that a client may say over a connection to a handler of HTTP, which answers GET, and POST and PUT by
// what it is sent. The first byte is the size of the pieces in which it comes.
#include <string>

#include "fuzz/fuzz.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/http/http_server.hpp"
#include "socketserver/net/error.hpp"

using namespace socketserver;

namespace {

struct Sample : BaseHTTPRequestHandler {
  Sample() { max_body_size = 1000; }
  void do_GET() override { send_text(200, "text/plain", path()); }
  void do_POST() override { send_text(200, "text/plain", rfile().read()); }
  void do_PUT() override {  // reads as little as it can, and sends it in parts
    send_response(200);
    end_headers();
    while (const auto line = rfile().readline(20)) {
      wfile().write(*line);
      wfile().flush();
      if (line->back() == '\n') break;
    }
  }
  void log_request(int, std::uint64_t) override {}
};

/// A connection that gives `bytes`, and keeps what it is sent.
class Peer : public Socket {
 public:
  Peer(std::string_view bytes, std::size_t piece, std::string& sent)
      : Socket(AF_UNIX, SOCK_STREAM), script_(bytes, piece), sent_(sent) {}
  std::size_t recv_into(std::span<char> buffer, int = 0) override { return script_.recv_into(buffer); }
  std::size_t send(std::string_view data, int = 0) override { return sent_ += data, data.size(); }

 private:
  fuzz::ScriptedSocket script_;
  std::string& sent_;
};

void erase_all(std::string& text, std::string_view begin, std::string_view end) {
  for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;)
    text.erase(at, text.find(end, at + begin.size()) + end.size() - at);
}

// Without what depends on the time, and on how much of a body has come already.
std::string answers_to(std::string_view bytes, std::size_t piece) {
  static HTTPServer server({"127.0.0.1", 0}, handler<Sample>());
  std::string sent;
  const Address nobody;
  Request request(std::make_unique<Peer>(bytes, piece, sent), nobody);
  try {
    server.handler_class()(request, nobody, server);
  } catch (const OSError&) {
  }
  fuzz::must(sent.empty() || sent.starts_with("HTTP/1.1 "), "answers are answers");
  erase_all(sent, "\r\nDate: ", "GMT");
  erase_all(sent, "HTTP/1.1 100 ", "\r\n\r\n");
  return sent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  fuzz::must(answers_to(bytes, data[0] % 64u + 1) == answers_to(bytes, size),
             "answers do not depend on how requests are cut");
  return 0;
}
