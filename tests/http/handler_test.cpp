// Handlers of HTTP under every concurrency model.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <semaphore>

#include "http/http_client.hpp"
#include "socketserver/http/http_server.hpp"
#include "socketserver/socketserver.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Something for each way in which a handler may answer.
class Sample : public BaseHTTPRequestHandler {
 public:
  void do_GET() override {
    if (path() == "/error") throw HTTPError(404, "there is <nothing>");
    if (path() == "/throw") throw std::runtime_error("it was asked to");
    if (path() == "/nothing") return;
    send_response(200);
    if (path() == "/close") send_header("Connection", "close");
    send_header("X-Path", path());
    end_headers();
    if (path() == "/parts") {
      flush_headers();
      for (const char* part : {"one,", "two,"}) {
        wfile().write(part);
        wfile().flush();
      }
    }
    wfile().write("hello");
    if (path() == "/late") {
      wfile().flush();
      throw std::runtime_error("it was asked to, late");
    }
    if (path() == "/large") wfile().write(std::string(100'000, 'x'));
  }
  void do_POST() override {
    if (path() == "/begun") {
      send_response(200);
      flush_headers();
      wfile().write(rfile().read());
      return;
    }
    const std::string body = path() == "/ignore" ? "ignored" : rfile().read();
    send_text(200, "text/plain", body);
  }
  void do_PUT() override {  // line by line
    send_response(200);
    while (const auto line = rfile().readline()) wfile().write("[" + *line + "]");
  }
};

template <class Server>
class HttpConformance : public ::testing::Test {
 protected:
  HttpConformance() {
    serving_.server().log_level = LogLevel::kError;
    serving_.start();
  }
  HttpClient connect() { return HttpClient(serving_.address()); }

 private:
  struct Quiet : Server {
    using Server::Server;
    ~Quiet() override { this->server_close(); }
    void log_message(LogLevel, const std::string&) override {}
  };
  Serving<Quiet> serving_{Address("127.0.0.1", 0), handler<Sample>()};
};

using Servers =
    ::testing::Types<HTTPServer, ThreadingHTTPServer, ForkingMixIn<HTTPServer>, ThreadPoolMixIn<HTTPServer>,
                     PrethreadingMixIn<HTTPServer>, PreforkingMixIn<HTTPServer>, FiberMixIn<HTTPServer>>;
struct ServerNames {
  template <class Server>
  static std::string GetName(int index) {
    constexpr const char* kNames[] = {"Iterative",    "Threading",  "Forking", "ThreadPool",
                                      "Prethreading", "Preforking", "Fiber"};
    return kNames[index];
  }
};
TYPED_TEST_SUITE(HttpConformance, Servers, ServerNames);

TYPED_TEST(HttpConformance, AnswersManyRequestsOnAConnection) {
  HttpClient client = this->connect();
  for (const char* path : {"/a", "/b?c"}) {
    const Answer answer = client.get(path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("X-Path"), path);
    EXPECT_EQ(answer.field("Content-Length"), "5");
    EXPECT_EQ(answer.field("Server"), "socketserver/0.1");
    EXPECT_TRUE(answer.has("Date"));
    EXPECT_FALSE(answer.has("Connection"));
    EXPECT_EQ(answer.body, "hello");
  }
}

TYPED_TEST(HttpConformance, AnswersPipelinedRequestsInOrder) {
  HttpClient client = this->connect();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo"
      "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n"
      "HEAD /4 HTTP/1.1\r\nHost: a\r\n\r\nGET /parts HTTP/1.1\r\nHost: a\r\n\r\nGET /6 HTTP/1.1\r\nHo");
  EXPECT_EQ(client.read().field("X-Path"), "/1");
  EXPECT_EQ(client.read().body, "two");
  EXPECT_EQ(client.read().body, "ignored");
  EXPECT_EQ(client.read(true).field("X-Path"), "/4");
  EXPECT_EQ(client.read().body, "one,two,hello");
  client.send("st: a\r\n\r\n");  // the answers before did not wait for it
  EXPECT_EQ(client.read().field("X-Path"), "/6");
}

TYPED_TEST(HttpConformance, ReadsBodiesOfBothForms) {
  HttpClient client = this->connect();
  std::string large(300'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7);
  for (const std::string& body : {std::string(), std::string("hello"), large}) {
    EXPECT_TRUE(client.post("/", body).body == body);
    std::string chunks;
    for (std::size_t at = 0; at < body.size(); at += 1000)
      append_chunk(chunks, std::string_view(body).substr(at, 1000));
    EXPECT_TRUE(client.ask("POST", "/", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n").body == body);
  }
  EXPECT_EQ(client.ask("PUT", "/", "Content-Length: 7\r\n", "one\ntwo").body, "[one\n][two]");
}

TYPED_TEST(HttpConformance, SendsBodiesOfUnknownLengthInChunks) {
  HttpClient client = this->connect();
  const Answer parts = client.get("/parts"), large = client.get("/large");
  EXPECT_EQ(parts.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(parts.body, "one,two,hello");
  EXPECT_EQ(large.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(large.body.size(), 100'005u);
}

TYPED_TEST(HttpConformance, EndsTheConnectionWhereEitherSideWantsTo) {
  {
    HttpClient client = this->connect();
    EXPECT_EQ(client.get("/", "Connection: close\r\n").field("Connection"), "close");
    EXPECT_TRUE(client.ended());
  }
  HttpClient other = this->connect();
  EXPECT_EQ(other.get("/close").field("Connection"), "close");
  EXPECT_TRUE(other.ended());
}

TYPED_TEST(HttpConformance, ServesHTTP_1_0) {
  {
    HttpClient client = this->connect();
    client.send("GET /parts HTTP/1.0\r\n\r\n");
    const Answer answer = client.read();
    EXPECT_FALSE(answer.has("Transfer-Encoding"));
    EXPECT_EQ(answer.body, "one,two,hello");
  }
  HttpClient keeping = this->connect();
  keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(keeping.read().field("Connection"), "keep-alive");
  keeping.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(keeping.read().field("Connection"), "close");
  EXPECT_TRUE(keeping.ended());
}

TYPED_TEST(HttpConformance, SaysContinueToWhoWaitsForIt) {
  HttpClient client = this->connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read().body, "hello");
  // Who is answered without it may send the body or not: only the end is clear.
  client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Connection"), "close");
  client.socket().shutdown(SHUT_WR);
  EXPECT_TRUE(client.ended());
}

TYPED_TEST(HttpConformance, SaysContinueBeforeAnAnswerAlone) {
  HttpClient client = this->connect();
  client.send("POST /begun HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.line(), "HTTP/1.1 200 OK");
  while (!client.line().empty()) {
  }
  client.send("hello");
  EXPECT_EQ(client.line(), "5");
  EXPECT_EQ(client.line(), "hello");
}

TYPED_TEST(HttpConformance, AnswersForHandlersThatFail) {
  const Answer error = this->connect().get("/error");
  EXPECT_EQ(error.status, 404);
  EXPECT_NE(error.body.find("there is &lt;nothing&gt;"), error.body.npos) << error.body;
  for (const char* path : {"/throw", "/nothing"}) {
    HttpClient failing = this->connect();
    const Answer answer = failing.get(path);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.field("Connection"), "close");
    failing.socket().shutdown(SHUT_WR);
    EXPECT_TRUE(failing.ended());
  }
  HttpClient late = this->connect();
  EXPECT_THROW(late.get("/late"), EOFError) << "the body must not look whole";
}

TYPED_TEST(HttpConformance, RefusesWhatItCannotUnderstand) {
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  const std::pair<std::string, int> cases[] = {
      {"GET /" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\n\r\n", 411},
      {"POST /" + host + "Content-Length: 1048577\r\n\r\n", 413},
      {"POST /" + host + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + std::string(1'100'000, 'x'), 413},
      {"POST /" + host + "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", 400},
      {"GET /" + std::string(9000, 'a') + host + "\r\n", 414},
      {"POST /" + host + "Expect: wonders\r\n\r\n", 417},
      {"GET /" + host + "A: " + std::string(70'000, 'a') + "\r\n\r\n", 431},
      {"POST /" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
  };
  for (const auto& [request, status] : cases) {
    HttpClient client = this->connect();
    try {
      client.send(request);
    } catch (const ConnectionError&) {  // it has heard enough
    }
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, status) << request.substr(0, 100);
    EXPECT_EQ(answer.field("Connection"), "close");
    client.socket().shutdown(SHUT_WR);
    EXPECT_TRUE(client.ended());
  }
}

TYPED_TEST(HttpConformance, DoesNotKnowMethodsThatNobodyWrote) {
  HttpClient client = this->connect();
  for (const char* method : {"DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"})
    EXPECT_EQ(client.ask(method, "/").status, 501) << method;
  client.send("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read().status, 501);
}

TYPED_TEST(HttpConformance, SkipsShortBodiesThatNobodyRead) {
  HttpClient client = this->connect();
  EXPECT_EQ(client.post("/ignore", std::string(200'000, 'x')).field("Connection"), "");
  EXPECT_EQ(client.get("/next").field("X-Path"), "/next");
  const std::string length = "Content-Length: 1000000\r\n";
  EXPECT_EQ(client.ask("POST", "/ignore", length).field("Connection"), "close");
}

/// What a slow client is told, who sends a byte again and again until it is answered.
Answer trickle(const Address& address, const std::string& begin) {
  HttpClient client(address);
  client.send(begin);
  pollfd readable{client.socket().fileno(), POLLIN, 0};
  try {
    while (wait_any({&readable, 1}, Deadline::after(10ms)) == 0) client.send("x");
  } catch (const ConnectionError&) {  // it was answered in between
  }
  return client.read();
}

struct Impatient : Sample {
  Impatient() { head_timeout = body_timeout = 100ms; }
};

template <class Server>
class SlowHttpClient : public ::testing::Test {};
TYPED_TEST_SUITE(SlowHttpClient, Servers, ServerNames);

TYPED_TEST(SlowHttpClient, IsAnsweredAtItsDeadline) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), handler<Impatient>());
  serving.start();
  EXPECT_EQ(trickle(serving.address(), "GET /").status, 408);
  EXPECT_EQ(trickle(serving.address(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n").status,
            408);
  EXPECT_EQ(
      trickle(serving.address(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ")
          .status,
      408);
  HttpClient client(serving.address());
  EXPECT_EQ(client.get("/a").status, 200) << "the others are served";
}

template <class Server>
class IdleHttpClient : public ::testing::Test {};
TYPED_TEST_SUITE(IdleHttpClient, Servers, ServerNames);

TYPED_TEST(IdleHttpClient, IsNotWaitedForWhenTheServerStops) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), handler<Sample>());
  serving.server().drain_timeout = 10 * kWatchdog;
  if constexpr (requires { serving.server().workers; }) serving.server().workers = 2;
  HttpClient client(serving.start().address());
  EXPECT_EQ(client.get("/").status, 200);
  serving.stop();
  EXPECT_TRUE(client.ended());
}

/// Lets one answer go when the test wants it to.
struct Gate {
  std::binary_semaphore reached{0}, open{0};
};

class Gated : public BaseHTTPRequestHandler {
 public:
  explicit Gated(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  void do_GET() override {
    send_response(200);
    if (path() == "/begun") flush_headers();
    if (path() != "/next") {
      gate_->reached.release();
      EXPECT_TRUE(gate_->open.try_acquire_for(kWatchdog));
    }
    wfile().write(path());
  }
  void do_POST() override {
    rfile().read1(1);
    gate_->reached.release();
    rfile().read();
    do_GET();
  }

 private:
  std::shared_ptr<Gate> gate_;
};

template <class Server>
class StoppingHttpServer : public ::testing::Test {
 protected:
  StoppingHttpServer() {
    serving_.server().drain_timeout = 10 * kWatchdog;
    if constexpr (requires { serving_.server().workers; }) serving_.server().workers = 1;
    serving_.start();
  }
  ~StoppingHttpServer() override {
    gate_->open.release();
    if (stopping_.joinable()) stopping_.join();
  }
  Server& server() { return serving_.server(); }
  const Address& address() { return serving_.address(); }
  /// A request that the handler has in hands.
  void hold(HttpClient& client, const std::string& path) {
    client.send("GET " + path + kRest);
    EXPECT_TRUE(gate_->reached.try_acquire_for(kWatchdog));
  }
  void stop() {
    stopping_ = std::thread([this] { serving_.stop(); });
    EXPECT_TRUE(eventually([this] { return server().draining(); }));
    gate_->open.release();
  }
  static constexpr char kRest[] = " HTTP/1.1\r\nHost: a\r\n\r\n";

 private:
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  Serving<Server> serving_{Address("127.0.0.1", 0), handler<Gated>(gate_)};
  std::thread stopping_;
};

using StoppingThreadPool = StoppingHttpServer<ThreadPoolMixIn<HTTPServer>>;
TEST_F(StoppingThreadPool, AnswersWhomItHasAccepted) {
  HttpClient first(address()), second(address());
  hold(first, "/first");
  second.send(std::string("GET /next") + kRest);
  EXPECT_TRUE(eventually([this] { return server().statistics().queued == 1; }));
  stop();
  for (HttpClient* client : {&first, &second}) {
    const Answer answer = client->read();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(client->socket().recv(1), "");
  }
}

using StoppingThreads = StoppingHttpServer<ThreadingHTTPServer>;
TEST_F(StoppingThreads, SayThatTheAnswerIsTheLast) {
  HttpClient client(address());
  hold(client, "/first");
  client.send(std::string("GET /next") + kRest);
  stop();
  const Answer answer = client.read();
  EXPECT_EQ(answer.body, "/first");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(client.socket().recv(1), "") << "what nobody reads must not reset the connection";
}

TEST_F(StoppingThreads, AnswerTheNextRequestWhereTheyHaveNotSaidSo) {
  HttpClient client(address());
  hold(client, "/begun");
  client.send(std::string("GET /next") + kRest);
  stop();
  EXPECT_EQ(client.read().body, "/begun");
  const Answer next = client.read();
  EXPECT_EQ(next.body, "/next");
  EXPECT_EQ(next.field("Connection"), "close");
  EXPECT_EQ(client.socket().recv(1), "");
}

/// Those whose handlers can be held by a test.
template <class Server>
class StoppingWithinARequest : public ::testing::Test {};
using ServersOfOneProcess = ::testing::Types<HTTPServer, ThreadingHTTPServer, ThreadPoolMixIn<HTTPServer>,
                                             PrethreadingMixIn<HTTPServer>, FiberMixIn<HTTPServer>>;
struct NamesOfOneProcess {
  template <class Server>
  static std::string GetName(int index) {
    constexpr const char* kNames[] = {"Iterative", "Threading", "ThreadPool", "Prethreading", "Fiber"};
    return kNames[index];
  }
};
TYPED_TEST_SUITE(StoppingWithinARequest, ServersOfOneProcess, NamesOfOneProcess);

// An iterative server, which learned of the stop when it waited for the body, once dropped the next request.
TYPED_TEST(StoppingWithinARequest, DropsNoRequestThatCameBeforeTheAnswer) {
  struct Told : TypeParam {
    using TypeParam::TypeParam;
    ~Told() override { this->server_close(); }
    bool told() { return this->loop().stopping() || this->draining(); }
  };
  const auto gate = std::make_shared<Gate>();
  Serving<Told> serving(Address("127.0.0.1", 0), handler<Gated>(gate));
  serving.server().drain_timeout = 10 * kWatchdog;
  HttpClient client(serving.start().address());
  client.send("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1");
  EXPECT_TRUE(gate->reached.try_acquire_for(kWatchdog));
  std::thread stopping([&] { serving.stop(); });
  EXPECT_TRUE(eventually([&] { return serving.server().told(); }));
  client.send("2");
  EXPECT_TRUE(gate->reached.try_acquire_for(kWatchdog));
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  gate->open.release();
  const Answer answer = client.read();
  EXPECT_EQ(answer.body, "/first");
  if (answer.field("Connection") != "close") {
    EXPECT_EQ(client.read().body, "/next");
  }
  client.socket().shutdown(SHUT_WR);
  stopping.join();
}

TEST(HttpServer, TellsWhomItRefusesThatItIsFull) {
  Serving<ThreadingHTTPServer> serving(Address("127.0.0.1", 0), handler<Sample>());
  serving.server().max_connections = 1;
  serving.server().when_full = WhenFull::kRefuse;
  serving.start();
  HttpClient first(serving.address());
  EXPECT_EQ(first.get("/").status, 200);
  HttpClient second(serving.address());
  const Answer answer = second.read();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(answer.field("Retry-After"), "1");
  EXPECT_NE(answer.body, "");
  EXPECT_TRUE(second.ended());
}

TEST(HttpServer, KnowsItsNameAndPort) {
  HTTPServer server({"127.0.0.1", 0}, handler<Sample>());
  server.bind_and_activate();
  EXPECT_EQ(server.server_name(), "127.0.0.1");
  EXPECT_GT(server.server_port(), 0);
}

/// A path with methods of its own, and what a user does with requests that come.
struct Resource : BaseHTTPRequestHandler {
  void do_GET() override { send_text(200, "text/plain", "it"); }
  void do_method() override {
    if (command() != "PURGE") return BaseHTTPRequestHandler::do_method();
    send_response(204);
  }
  std::string allowed_methods() const override { return "GET, HEAD, PURGE"; }
  void handle_expect_100() override { throw HTTPError(HTTPStatus::EXPECTATION_FAILED); }
  void do_POST() override { send_text(200, "text/plain", rfile().read()); }
};

TEST(HttpHandler, NamesItsMethods) {
  Serving<ThreadingHTTPServer> serving(Address("127.0.0.1", 0), handler<Resource>());
  HttpClient client(serving.start().address());
  const Answer refused = client.ask("DELETE", "/"), options = client.ask("OPTIONS", "*");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("Allow"), "GET, HEAD, PURGE");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, PURGE");
  EXPECT_EQ(client.ask("PURGE", "/").status, 204);
  EXPECT_EQ(client.ask("BREW", "/").status, 501);
  const Answer head = client.ask("HEAD", "/");
  EXPECT_EQ(head.field("Content-Length"), "2");
  EXPECT_EQ(client.ask("POST", "/", "Content-Length: 5\r\nExpect: 100-continue\r\n").status, 417);
}

/// Collects what is logged.
struct Logging : ThreadingHTTPServer {
  using ThreadingHTTPServer::ThreadingHTTPServer;
  ~Logging() override { server_close(); }
  void log_message(LogLevel level, const std::string& message) override {
    if (level == LogLevel::kInfo) lines += message + "\n";
  }
  std::string lines;
};

TEST(HttpHandler, LogsALineForEachRequest) {
  Serving<Logging> serving(Address("127.0.0.1", 0), handler<Sample>());
  serving.server().log_level = LogLevel::kInfo;
  {
    HttpClient client(serving.start().address());
    client.get("/a\"b\xC3\x9F");
    client.get("/error");
    client.get("/" + std::string(10'000, 'x'));
  }
  serving.stop();
  const std::string lines = serving.server().lines;
  EXPECT_TRUE(lines.starts_with("127.0.0.1 - - [")) << lines;
  EXPECT_NE(lines.find("] \"GET /a\\x22b\\xc3\\x9f HTTP/1.1\" 200 5\n"), lines.npos) << lines;
  EXPECT_NE(lines.find("] \"GET /error HTTP/1.1\" 404 "), lines.npos) << lines;
  EXPECT_NE(lines.find("] \"GET /" + std::string(95, 'x') + "\" 414 "), lines.npos) << lines;
}

/// A file whose length it does not say.
struct Sending : BaseHTTPRequestHandler {
  void do_GET() override {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
    std::fputs("hello", file.get());
    std::fflush(file.get());
    send_response(200);
    end_headers();
    if (path() == "/late") wfile().write("first");
    send_file(::fileno(file.get()), 0, 5);
  }
};

TEST(HttpHandler, SendsAFileThatIsTheWholeBody) {
  Serving<Logging> serving(Address("127.0.0.1", 0), handler<Sending>());
  HttpClient client(serving.start().address());
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.field("Content-Length"), "5");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(client.ask("HEAD", "/").field("Content-Length"), "5");
  EXPECT_THROW(client.get("/late"), EOFError) << "the body must not look whole";
}

}  // namespace
}  // namespace socketserver::testing
