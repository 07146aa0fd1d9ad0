// What a handler of HTTP may do with its connection, and when that ends.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <mutex>

#include "http/http_client.hpp"
#include "socketserver/http/http_server.hpp"
#include "socketserver/socketserver.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLarge = 20'000'000;  // more than the buffers of two sockets hold

/// What the handler under test leaves for the test.
struct Seen {
  bool wraps = false;
  std::mutex mutex;
  std::unique_ptr<Socket> detached;
  std::string logged;
};

struct Tunnel : Socket {
  explicit Tunnel(Socket connection) : Socket(std::move(connection)) {}
};

class Peculiar : public BaseHTTPRequestHandler {
 public:
  Peculiar(std::shared_ptr<Seen> seen, int file) : seen_(std::move(seen)), file_(file) {}
  void setup() override {
    if (seen_->wraps)
      request().wrap([](Socket&& plain) { return std::make_unique<Tunnel>(std::move(plain)); });
    BaseHTTPRequestHandler::setup();
  }
  void do_GET() override {
    if (path() == "/detached") return give_away();
    if (path() == "/hints") {
      send_response_only(HTTPStatus::EARLY_HINTS);
      send_header("Link", "</style.css>; rel=preload");
      flush_headers();
    }
    if (path() == "/hints-alone") {
      send_response_only(HTTPStatus::EARLY_HINTS);
      return flush_headers();
    }
    send_response(200);
    if (path() == "/file" || path() == "/short") {
      end_headers();
      return send_file(file_, 0, path() == "/file" ? 5 : 9);
    }
    wfile().write(path() == "/large" ? std::string(kLarge, 'x') : "hello");
  }
  void do_POST() override { send_text(200, "text/plain", rfile().read()); }
  void log_request(int code, std::uint64_t size) override {
    const std::lock_guard lock(seen_->mutex);
    seen_->logged += std::to_string(code) + " " + std::to_string(size) + "\n";
  }

 private:
  void give_away() {
    send_response_only(HTTPStatus::SWITCHING_PROTOCOLS);
    flush_headers();
    const std::lock_guard lock(seen_->mutex);
    seen_->detached = request().detach();
  }

  const std::shared_ptr<Seen> seen_;
  const int file_;
};

/// Counts what is logged as an error.
struct Watched : ThreadingHTTPServer {
  using ThreadingHTTPServer::ThreadingHTTPServer;
  ~Watched() override { server_close(); }
  void log_message(LogLevel level, const std::string& message) override {
    if (level >= LogLevel::kError) ADD_FAILURE() << message;
  }
};

class HttpExchange : public ::testing::Test {
 protected:
  HttpExchange() {
    file_.write("hello");
    server().log_level = LogLevel::kError;
  }
  const std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  Watched& server() { return serving_.server(); }
  const Address& address() { return serving_.address(); }
  void start() { serving_.start(); }
  /// What was logged of requests, once all are served.
  std::string logged() {
    serving_.stop();
    return seen_->logged;
  }
  std::unique_ptr<Socket> taken() {
    EXPECT_TRUE(eventually([this] {
      const std::lock_guard lock(seen_->mutex);
      return seen_->detached != nullptr && server().statistics().active == 0;
    }));
    return std::move(seen_->detached);
  }

 private:
  /// Of five bytes, without a name.
  struct File {
    File() : fd(::fileno(stream)) {}
    ~File() { std::fclose(stream); }
    void write(const char* text) {
      std::fputs(text, stream);
      std::fflush(stream);
    }
    std::FILE* stream = std::tmpfile();
    int fd;
  };

  File file_;
  Serving<Watched> serving_{Address("127.0.0.1", 0), handler<Peculiar>(seen_, file_.fd)};
};

TEST_F(HttpExchange, LeavesAloneWhatAMethodGaveAway) {
  start();
  for (const bool wrapped : {false, true}) {
    seen_->wraps = wrapped;
    HttpClient client(address());
    EXPECT_EQ(client.get("/detached").status, 101);
    const std::unique_ptr<Socket> owner = taken();
    client.send("for the owner");
    EXPECT_EQ(owner->recv(100), "for the owner");
    owner->sendall("and back\r\n");
    EXPECT_EQ(client.line(), "and back");
  }
  EXPECT_EQ(server().statistics().failed, 0u);
  EXPECT_EQ(logged(), "101 0\n101 0\n");
}

TEST_F(HttpExchange, WaitsForMoreOfARequestAsTheServerSays) {
  server().deadlines = {10 * kWatchdog, 100ms, 10 * kWatchdog, {}, {}};
  start();
  HttpClient head(address()), second(address()), body(address());
  head.send("GET / HT");
  EXPECT_EQ(head.read().status, 408);
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT");
  EXPECT_EQ(second.read().status, 200);
  EXPECT_EQ(second.read().status, 408);
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(body.read().status, 100);
  EXPECT_EQ(body.read().status, 408);
}

TEST_F(HttpExchange, SendsAWholeAnswerThoughTheClientSaysMore) {
  start();
  for (const char* request :
       {"GET /large HTTP/1.0\r\n\r\n", "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
    HttpClient client(address());
    client.send(request);
    pollfd readable{client.socket().fileno(), POLLIN, 0};
    ASSERT_EQ(wait_any({&readable, 1}, Deadline::after(kWatchdog)), 1);
    client.send("\r\n");  // as old browsers do; nobody reads it
    EXPECT_EQ(client.read().body.size(), kLarge);
    client.socket().shutdown(SHUT_WR);
    EXPECT_TRUE(client.ended());
  }
}

TEST_F(HttpExchange, LogsWhatWasSent) {
  start();
  {
    HttpClient client(address());
    EXPECT_EQ(client.get("/file").body, "hello");
    EXPECT_EQ(client.ask("HEAD", "/file").field("Content-Length"), "5");
    EXPECT_THROW(client.get("/short"), EOFError);
  }
  EXPECT_EQ(logged(), "200 5\n200 0\n200 5\n");
}

TEST_F(HttpExchange, SendsInterimAnswers) {
  start();
  HttpClient client(address());
  const Answer hints = client.get("/hints"), answer = client.read();
  EXPECT_EQ(hints.status, 103);
  EXPECT_EQ(hints.field("Link"), "</style.css>; rel=preload");
  EXPECT_FALSE(hints.has("Content-Length"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.has("Link"));
  EXPECT_EQ(answer.body, "hello");
  client.send("GET /hints HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200) << "HTTP/1.0 has none";
}

TEST(HttpHandler, IsNotDoneWithAnInterimAnswerAlone) {
  struct Quiet : ThreadingHTTPServer {
    using ThreadingHTTPServer::ThreadingHTTPServer;
    ~Quiet() override { server_close(); }
    void log_message(LogLevel, const std::string&) override {}
  };
  Serving<Quiet> serving(Address("127.0.0.1", 0), handler<Peculiar>(std::make_shared<Seen>(), -1));
  HttpClient client(serving.start().address());
  EXPECT_EQ(client.get("/hints-alone").status, 103);
  EXPECT_EQ(client.read().status, 500);
}

}  // namespace
}  // namespace socketserver::testing
