// What every server class promises, whatever its socket and its concurrency model.
#include <sys/wait.h>

#include <thread>

#include "conformance/servers.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

template <class Server>
class Conformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(Conformance, AllServers);

TYPED_TEST(Conformance, ServesOneClientAfterTheOther) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(this->ask(serving.address(), "hello world\n"), "hello world\n");
}

TYPED_TEST(Conformance, KnowsItsRealAddressOnceBound) {
  TypeParam server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  server.bind_and_activate();
  EXPECT_EQ(server.server_address(), server.socket().getsockname());
  EXPECT_EQ(server.socket_type(), server.socket().type());
  EXPECT_EQ(server.address_family(), server.socket().family());
  server.server_close();
  EXPECT_EQ(server.fileno(), -1);
}

TYPED_TEST(Conformance, ClosesWithNothingServed) {
  TypeParam unbound(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  unbound.server_close();
  TypeParam bound(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  bound.bind_and_activate();
  bound.server_close();
  bound.server_close();
  EXPECT_EQ(bound.fileno(), -1);
}

TYPED_TEST(Conformance, LeavesNothingOpenWhenItsScopeEnds) {
  const Address address = this->any_address();
  const std::size_t before = open_descriptors(), threads = running_threads();
  {
    Serving<TypeParam> serving(address, handler<EchoHandlerOf<TypeParam>>());
    serving.start();
    this->ask(serving.address(), "hello\n");
  }
  EXPECT_TRUE(eventually([&] { return open_descriptors() == before; }));
  EXPECT_TRUE(eventually([&] { return running_threads() <= threads; }));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TYPED_TEST(Conformance, ShutsDownRightAfterTheStart) {
  for (int i = 0; i < 20; ++i) {
    TypeParam server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
    server.bind_and_activate();
    std::thread loop([&] { server.serve_forever(); });
    server.shutdown();
    loop.join();
  }
}

TYPED_TEST(Conformance, ShutsDownBeforeTheLoop) {
  TypeParam server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  server.shutdown();
  server.serve_forever();  // returns at once
}

TYPED_TEST(Conformance, ServesAgainAfterAShutdown) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.start();
  EXPECT_EQ(this->ask(serving.address(), "hello\n"), "hello\n");  // the first loop runs by now
  serving.server().shutdown();
  std::thread again([&] { serving.server().serve_forever(); });
  EXPECT_EQ(this->ask(serving.address(), "hello\n"), "hello\n");
  serving.server().shutdown();
  again.join();
}

template <class Server>
struct ShutsDown : AnyHandler {
  void handle() override {
    const std::string said = receive();
    server().shutdown();
    answer(said);
  }
};

TYPED_TEST(Conformance, IsShutDownByAHandler) {
  TypeParam server(this->any_address(), handler<ShutsDown<TypeParam>>());
  server.bind_and_activate();
  std::thread loop([&] { server.serve_forever(); });
  EXPECT_EQ(this->ask(server.server_address(), "bye\n"), "bye\n");
  loop.join();
}

TYPED_TEST(Conformance, HandlesOneRequestAtATime) {
  TypeParam server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  server.bind_and_activate();
  std::thread loop([&] {
    server.handle_request();
    server.handle_request();
  });
  EXPECT_EQ(this->ask(server.server_address(), "one\n"), "one\n");
  EXPECT_EQ(this->ask(server.server_address(), "two\n"), "two\n");
  loop.join();
  EXPECT_EQ(server.statistics().accepted, 2U);
}

template <class Server>
struct TimedOut : Server {
  using Server::Server;
  ~TimedOut() override { this->server_close(); }
  void handle_timeout() override {
    Server::handle_timeout();
    ++timeouts;
  }
  int timeouts = 0;
};

TYPED_TEST(Conformance, CallsHandleTimeoutWhenNobodyComes) {
  TimedOut<TypeParam> server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  server.timeout = 1ms;
  server.handle_request();
  EXPECT_EQ(server.timeouts, 1);
}

template <class Server>
struct Turning : Server {
  using Server::Server;
  ~Turning() override { this->server_close(); }
  void service_actions() override {
    Server::service_actions();
    if (++turns == 3) this->request_shutdown();
  }
  int turns = 0;
};

TYPED_TEST(Conformance, CallsServiceActionsEveryPollInterval) {
  Turning<TypeParam> server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  server.serve_forever(1ms);
  EXPECT_EQ(server.turns, 3);
}

/// Refuses, or fails to decide, for the first client.
template <class Server>
struct Choosy : Server {
  using Server::Server;
  ~Choosy() override { this->server_close(); }
  bool verify_request(Request&, const Address&) override {
    if (asked++ > 0) return true;
    if (throws) throw std::runtime_error("cannot decide");
    return false;
  }
  void shutdown_request(Request& request) override {
    ++shutdowns;
    Server::shutdown_request(request);
  }
  std::atomic<int> asked{0}, shutdowns{0};
  bool throws = false;
};

TYPED_TEST(Conformance, RefusesOneRequestAndShutsItDownOnce) {
  for (const bool throws : {false, true}) {
    Choosy<TypeParam> server(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
    server.throws = throws;
    server.log_level = static_cast<LogLevel>(4);  // the error is meant
    server.bind_and_activate();
    Socket refused = this->connect(server.server_address());
    refused.sendall("hello\n");
    server.handle_request();
    EXPECT_EQ(server.shutdowns, 1);
    EXPECT_EQ(server.statistics().active, 0U);
    std::thread loop([&] { server.handle_request(); });
    EXPECT_EQ(this->ask(server.server_address(), "hello\n"), "hello\n");
    loop.join();
  }
}

struct Throws : AnyHandler {
  void handle() override {
    const std::string said = receive();
    if (said == "throw\n") throw std::runtime_error("thrown on purpose");
    if (said == "int\n") throw 1;
    answer(said);
  }
};

TYPED_TEST(Conformance, SurvivesHandlersThatThrow) {
  Serving<TypeParam> serving(this->any_address(), handler<Throws>());
  serving.server().log_level = static_cast<LogLevel>(4);
  serving.start();
  for (const char* what : {"throw\n", "int\n"}) {
    Socket client = this->connect(serving.address());
    client.sendall(what);
    if (!kOfDatagrams<TypeParam>) {
      EXPECT_EQ(read_all(client), "");
    }
    EXPECT_EQ(this->ask(serving.address(), "hello\n"), "hello\n");
  }
}

/// Notes what is called, wherever that is.
struct Noting : AnyHandler {
  explicit Noting(const Marks* marks) : marks_(marks) {}
  void setup() override {
    const bool there = request().fileno() >= 0 && client_address().family() != AF_UNSPEC;
    marks_->add(there ? 's' : 'x');
    said_ = receive();
    if (said_ == "no setup\n") throw std::runtime_error("thrown on purpose");
  }
  void handle() override {
    marks_->add('h');
    if (said_ == "no handle\n") throw std::runtime_error("thrown on purpose");
  }
  void finish() override { marks_->add('f'); }

 private:
  const Marks* marks_;
  std::string said_;
};

template <class Server>
struct Marking : Server {
  Marking(const Address& address, RequestHandlerClass handler, const Marks& to)
      : Server(address, std::move(handler)), marks(to) {}
  ~Marking() override { this->server_close(); }
  void handle_error(Request&, const Address&) override { marks.add('e'); }
  void shutdown_request(Request& request) override {
    Server::shutdown_request(request);
    marks.add('.');
  }
  const Marks& marks;
};

TYPED_TEST(Conformance, RunsSetupHandleFinishInOrder) {
  Marks marks;
  Marking<TypeParam> server(this->any_address(), handler<Noting>(static_cast<const Marks*>(&marks)), marks);
  server.bind_and_activate();
  const auto calls_for = [&](const char* said) {
    Socket client = this->connect(server.server_address());
    client.sendall(said);
    server.handle_request();
    std::string calls;
    do calls += marks.next();
    while (calls.back() != '.' && calls.back() != '\0');
    return calls;
  };
  EXPECT_EQ(calls_for("fine\n"), "shf.");
  EXPECT_EQ(calls_for("no setup\n"), "se.");
  EXPECT_EQ(calls_for("no handle\n"), "shfe.");
}

struct Exits : AnyHandler {
  explicit Exits(const Marks* marks) : marks_(marks) {}
  void handle() override {
    receive();
    marks_->add('h');
    throw ServerExit();
  }

 private:
  const Marks* marks_;
};

TYPED_TEST(Conformance, LetsServerExitPassByHandleError) {
  Marks marks;
  Marking<TypeParam> server(this->any_address(), handler<Exits>(static_cast<const Marks*>(&marks)), marks);
  server.bind_and_activate();
  Socket client = this->connect(server.server_address());
  client.sendall("exit\n");
  if (kOneBesideTheLoop<TypeParam>) {
    server.handle_request();
  } else {
    EXPECT_THROW(server.handle_request(), ServerExit);
  }
  EXPECT_EQ(marks.next(), 'h');
  EXPECT_EQ(marks.next(), '.');
}

/// handle_error() that throws itself, as CPython's own tests have it.
template <class Server>
struct Rethrowing : Server {
  using Server::Server;
  ~Rethrowing() override { this->server_close(); }
  void handle_error(Request&, const Address&) override { throw; }
};

TYPED_TEST(Conformance, SurvivesHandleErrorThatThrowsBesideTheLoop) {
  Rethrowing<TypeParam> server(this->any_address(), handler<Throws>());
  server.log_level = static_cast<LogLevel>(4);
  server.bind_and_activate();
  Socket client = this->connect(server.server_address());
  client.sendall("throw\n");
  if (kOneBesideTheLoop<TypeParam>) {
    server.handle_request();
  } else {
    EXPECT_THROW(server.handle_request(), std::runtime_error);
  }
  if (!kOfDatagrams<TypeParam>) {
    EXPECT_EQ(read_all(client), "");
  }
  std::thread loop([&] { server.handle_request(); });
  EXPECT_EQ(this->ask(server.server_address(), "hello\n"), "hello\n");
  loop.join();
}

TYPED_TEST(Conformance, FailsToBindWithoutLeavingAnything) {
  const std::size_t before = open_descriptors();
  const Address nobodys = kOfUnix<TypeParam> ? Address("/nonexistent/socket") : Address("192.0.2.1", 0);
  for (int i = 0; i < 1024; ++i) {
    TypeParam server(nobodys, handler<EchoHandlerOf<TypeParam>>());
    try {
      server.bind_and_activate();
      FAIL() << "bound to " << nobodys.to_string();
    } catch (const OSError& error) {
      EXPECT_NE(std::string(error.what()).find("bind " + nobodys.to_string()), std::string::npos)
          << error.what();
    }
    EXPECT_EQ(server.fileno(), -1);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TYPED_TEST(Conformance, StartsAgainAtTheSameAddress) {
  Address address = this->any_address();
  for (int i = 0; i < 3; ++i) {
    Serving<TypeParam> serving(address, handler<EchoHandlerOf<TypeParam>>());
    serving.start();
    address = serving.address();
    EXPECT_EQ(this->ask(address, "hello\n"), "hello\n");
  }
}

// On Unix sockets the system refuses SO_REUSEPORT, and with it the server did not start.
TYPED_TEST(Conformance, ServesWithEveryOptionOfItsSocketSet) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.server().allow_reuse_address = true;
  serving.server().allow_reuse_port = true;
  serving.server().request_queue_size = 1;
  serving.start();
  EXPECT_EQ(this->ask(serving.address(), "hello\n"), "hello\n");
}

template <class Server>
class ConcurrentConformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(ConcurrentConformance, ConcurrentServers);

TYPED_TEST(ConcurrentConformance, KeepsToMaxConnectionsAndGoesOn) {
  Marks begun, go_on;
  Serving<TypeParam> serving(this->any_address(), handler<Waits>(static_cast<const Marks*>(&begun),
                                                                 static_cast<const Marks*>(&go_on)));
  limit(serving.server(), 2);
  serving.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(this->connect(serving.address()));
    clients.back().sendall("hello\n");
  }
  EXPECT_EQ(begun.next(), 'b');
  EXPECT_EQ(begun.next(), 'b');
  EXPECT_EQ(serving.server().statistics().accepted, 2U);
  EXPECT_TRUE(begun.none());
  for (int i = 0; i < 4; ++i) go_on.add('g');
  for (Socket& client : clients) EXPECT_EQ(client.recv(100), "hello\n");
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
}

TYPED_TEST(ConcurrentConformance, IsShutDownWhileItIsFull) {
  Marks begun, go_on;
  Serving<TypeParam> serving(this->any_address(), handler<Waits>(static_cast<const Marks*>(&begun),
                                                                 static_cast<const Marks*>(&go_on)));
  limit(serving.server(), 1);
  serving.start();
  Socket client = this->connect(serving.address());
  client.sendall("hello\n");
  EXPECT_EQ(begun.next(), 'b');
  serving.server().request_shutdown();
  go_on.add('g');
  EXPECT_EQ(client.recv(100), "hello\n") << "those in progress finish";
}

TYPED_TEST(Conformance, NeverReapsAChildOfOthers) {
  const pid_t other = ::fork();
  if (other == 0) ::_exit(72);
  {
    Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
    serving.start();
    for (int i = 0; i < 3; ++i) this->ask(serving.address(), "hello\n");
  }
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 72);
}

TYPED_TEST(Conformance, Counts) {
  Serving<TypeParam> serving(this->any_address(), handler<Throws>());
  serving.server().log_level = static_cast<LogLevel>(4);
  serving.start();
  this->ask(serving.address(), "hello\n");
  Socket client = this->connect(serving.address());
  client.sendall("throw\n");
  EXPECT_TRUE(eventually([&] {
    const Statistics seen = serving.server().statistics();
    return seen.accepted == 2 && seen.active == 0 && (kInProcesses<TypeParam> || seen.failed == 1);
  }));
}

template <class Server>
class StreamConformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(StreamConformance, StreamServers);

struct ReadsForEver : BaseRequestHandler {
  explicit ReadsForEver(const Marks* marks) : marks_(marks) {}
  void handle() override {
    marks_->add('b');
    while (!request().recv(1024).empty()) {
    }
    marks_->add('e');
  }

 private:
  const Marks* marks_;
};

TYPED_TEST(StreamConformance, ClosesAlthoughAClientIsIdleAndTellsOfTheCut) {
  Marks marks;
  Serving<TypeParam> serving(this->any_address(), handler<ReadsForEver>(static_cast<const Marks*>(&marks)));
  serving.server().drain_timeout = 20ms;
  serving.server().log_level = LogLevel::kError;
  serving.start();
  Socket idle = this->connect(serving.address());
  EXPECT_EQ(marks.next(), 'b');
  serving.stop();
  EXPECT_EQ(marks.next(), 'e') << "the handler saw the end of the stream and finished";
  EXPECT_EQ(idle.recv(1), "");
  EXPECT_EQ(serving.server().last_drain().finished, 0U);
  EXPECT_EQ(serving.server().last_drain().cut, 1U);
}

TYPED_TEST(StreamConformance, EndsAConnectionAtItsDeadline) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoLine>());
  serving.server().deadlines.first_byte = 10ms;
  serving.start();
  Socket silent = this->connect(serving.address());
  EXPECT_EQ(silent.recv(1), "");
}

template <class Server>
class ConcurrentStreamConformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(ConcurrentStreamConformance, ConcurrentStreams);

TYPED_TEST(ConcurrentStreamConformance, ServesOthersWhileOneIsIdle) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoLine>());
  serving.server().drain_timeout = 20ms;
  serving.server().log_level = LogLevel::kError;
  serving.start();
  Socket idle = this->connect(serving.address());
  EXPECT_EQ(this->ask(serving.address(), "hello\n"), "hello\n");
}

}  // namespace
}  // namespace socketserver::testing
