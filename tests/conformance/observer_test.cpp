// What every server class tells its observer, and counts.
#include "conformance/servers.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Notes states in a way that crosses processes.
class Marking final : public Observer {
 public:
  void on_change(const ConnectionEvent& event) noexcept override {
    constexpr const char* kMarks = "aqhrwcx";
    marks_.add(kMarks[static_cast<std::size_t>(event.state)]);
    if (event.state == ConnectionState::kClosed || event.state == ConnectionState::kRefused) {
      marks_.add(static_cast<char>('0' + static_cast<int>(event.outcome)));
      marks_.add(static_cast<char>('0' + static_cast<int>(event.received)));
    }
  }
  /// The next ones, up to and including `last`.
  std::string until(char last) {
    std::string all;
    do all += marks_.next();
    while (all.back() != last && all.back() != '\0');
    return all;
  }
  /// How it ended, and how many bytes came.
  std::string end() { return {marks_.next(), marks_.next()}; }
  static std::string as_text(Outcome outcome, int received) {
    return {static_cast<char>('0' + static_cast<int>(outcome)), static_cast<char>('0' + received)};
  }

 private:
  Marks marks_;
};

template <class Server>
class ObserverConformance : public ServerFixture<Server> {
 protected:
  Marking marking_;
};
TYPED_TEST_SUITE(ObserverConformance, AllServers);

TYPED_TEST(ObserverConformance, TellsWhatHappensToARequest) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  if (kOfDatagrams<TypeParam>) {
    client.sendall("hello\n");
    EXPECT_EQ(this->marking_.until('c'), "aqhc");
  } else {
    EXPECT_EQ(this->marking_.until('r'), "aqhr");
    client.sendall("hello\n");
    EXPECT_EQ(this->marking_.until('c'), "hc");
  }
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kFinished, 6));
}

template <class Server>
struct Refusing : Server {
  using Server::Server;
  ~Refusing() override { this->server_close(); }
  bool verify_request(Request&, const Address&) override { return false; }
};

TYPED_TEST(ObserverConformance, TellsWhatIsRefused) {
  Serving<Refusing<TypeParam>> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  if (kOfDatagrams<TypeParam>) client.sendall("hello\n");
  EXPECT_EQ(this->marking_.until('x'), "ax");
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kRefused, kOfDatagrams<TypeParam> ? 6 : 0));
}

template <class Server>
struct Unsure : Server {
  using Server::Server;
  ~Unsure() override { this->server_close(); }
  bool verify_request(Request&, const Address&) override { throw std::runtime_error("no opinion"); }
};

// These were once told as finished.
TYPED_TEST(ObserverConformance, TellsWhatVerifyRequestThrowsAt) {
  Serving<Unsure<TypeParam>> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.server().log_level = static_cast<LogLevel>(4);
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  if (kOfDatagrams<TypeParam>) client.sendall("hello\n");
  EXPECT_EQ(this->marking_.until('c'), "ac");
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kFailed, kOfDatagrams<TypeParam> ? 6 : 0));
}

struct Throws : AnyHandler {
  void handle() override { throw std::runtime_error("thrown on purpose: " + receive()); }
};

TYPED_TEST(ObserverConformance, TellsHowARequestFailed) {
  Serving<TypeParam> serving(this->any_address(), handler<Throws>());
  serving.server().log_level = static_cast<LogLevel>(4);
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  client.sendall("hello\n");
  this->marking_.until('c');
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kFailed, 6));
}

TYPED_TEST(ObserverConformance, CountsBytesAndPeaks) {
  Serving<TypeParam> serving(this->any_address(), handler<EchoHandlerOf<TypeParam>>());
  serving.start();
  this->ask(serving.address(), "hello\n");
  this->ask(serving.address(), "hello\n");
  const auto statistics = [&] { return serving.server().statistics(); };
  EXPECT_TRUE(eventually([&] { return statistics().active == 0 && statistics().accepted == 2; }));
  EXPECT_GE(statistics().peak, 1U);
  EXPECT_EQ(statistics().queued, 0U);
  if (kInProcesses<TypeParam> && !kOfDatagrams<TypeParam>) return;  // counted in the child
  EXPECT_EQ(statistics().received, 12U);
  EXPECT_EQ(statistics().sent, kOfDatagrams<TypeParam> ? 0U : 12U);
}

template <class Server>
class QueueConformance : public ServerFixture<Server> {};
using Pools = ::testing::Types<ThreadPoolMixIn<TCPServer>, ThreadPoolMixIn<UDPServer>>;
TYPED_TEST_SUITE(QueueConformance, Pools);

TYPED_TEST(QueueConformance, CountsWhatWaitsForAWorker) {
  Marks begun, go_on;
  Serving<TypeParam> serving(this->any_address(), handler<Waits>(static_cast<const Marks*>(&begun),
                                                                 static_cast<const Marks*>(&go_on)));
  serving.server().workers = 1;
  serving.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(this->connect(serving.address()));
    clients.back().sendall("hello\n");
  }
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().queued == 2; }));
  EXPECT_EQ(serving.server().statistics().peak, 3U);
  for (int i = 0; i < 3; ++i) go_on.add('g');
  for (Socket& client : clients) EXPECT_EQ(client.recv(100), "hello\n");
}

template <class Server>
class CrashConformance : public ServerFixture<Server> {
 protected:
  Marking marking_;
};
TYPED_TEST_SUITE(CrashConformance, ::testing::Types<ForkingTCPServer>);

struct Crashes : AnyHandler {
  void handle() override { ::kill(::getpid(), SIGKILL); }
};

TYPED_TEST(CrashConformance, IsToldByTheParent) {
  Serving<TypeParam> serving(this->any_address(), handler<Crashes>());
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  EXPECT_EQ(this->marking_.until('c'), "aqhc");
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kCrashed, 0));
}

struct Exits : AnyHandler {
  void handle() override {
    receive();
    std::exit(EXIT_FAILURE);
  }
};

// Such a connection was once told to go on for ever.
TYPED_TEST(CrashConformance, IsNotWhatAHandlerThatCallsExitDoes) {
  Serving<TypeParam> serving(this->any_address(), handler<Exits>());
  serving.server().observer = &this->marking_;
  serving.start();
  Socket client = this->connect(serving.address());
  client.sendall("hello\n");
  this->marking_.until('c');
  EXPECT_EQ(this->marking_.end(), Marking::as_text(Outcome::kFinished, 6));
}

}  // namespace
}  // namespace socketserver::testing
