// The scenarios of the load generator against servers that do what the test says.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>

#include "load/idle_load.hpp"
#include "load/scenario.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/socketserver.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using apps::Failure;
using apps::LoadResult;
using apps::LoadSettings;

/// Without a warm-up, so that all counts; a test ends when it has seen what it wants.
LoadSettings settings_for(const Address& server) {
  LoadSettings settings;
  settings.server = server;
  settings.connections = 3;
  settings.duration = std::nullopt;
  settings.warm_up = 0s;
  settings.timeout = kWatchdog;
  return settings;
}

using Condition = std::function<bool(const LoadResult&)>;

/// Runs until the condition holds.
LoadResult run(const std::string& scenario, const LoadSettings& settings, const Condition& enough) {
  const auto load = apps::make_load(scenario, settings);
  const Deadline watchdog = Deadline::after(kWatchdog);
  const LoadResult result = load->run(
      nullptr, [&](const auto& progress) { return !enough(progress.result) && !watchdog.expired(); });
  EXPECT_FALSE(watchdog.expired());
  return result;
}

/// As long as its time lasts.
LoadResult run(const std::string& scenario, const LoadSettings& settings) {
  return apps::make_load(scenario, settings)->run();
}

Condition requests(std::uint64_t count) {
  return [count](const LoadResult& result) { return result.requests >= count; };
}
Condition failures(Failure kind) {
  return [kind](const LoadResult& result) { return result.failures.count(kind) > 0; };
}

template <class Server = ThreadingTCPServer, class Where = Address>
struct Echo : Serving<Server> {
  explicit Echo(const Where& where = Where("127.0.0.1", 0))
      : Serving<Server>(where, handler<EchoVerbatimHandler>()) {
    this->start();
  }
};

/// A handler that answers the first bytes of a connection with what `answer` makes of them.
struct Answer : BaseRequestHandler {
  using Make = std::function<std::string(std::string)>;
  explicit Answer(Make make) : make_(std::move(make)) {}
  void handle() override {
    for (std::string data; !(data = request().recv(65536)).empty();) {
      const std::string answer = make_(data);
      if (answer.empty()) return;
      request().sendall(answer);
    }
  }
  Make make_;
};

std::string flipped(std::string data) {
  data.back() = static_cast<char>(data.back() ^ 1);
  return data;
}

// ---- all is well ----

class EveryStreamScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryStreamScenario, FindsNoFaultWithAGoodServer) {
  Echo server;
  TemporaryDirectory directory;
  Echo<ThreadingUnixStreamServer, std::string> local(directory / "socket");
  for (const Address& address : {server.address(), local.address()}) {
    const LoadResult result = run(GetParam(), settings_for(address), [](const LoadResult& so_far) {
      return so_far.requests >= 10 || so_far.bytes >= 1'000'000;
    });
    EXPECT_EQ(result.failures.total(), 0u) << result.failures.first_other();
    EXPECT_EQ(result.starved, 0u);
    EXPECT_GT(result.bytes, 0u);
    EXPECT_GT(result.seconds, 0);
    EXPECT_EQ(result.latency.count(), result.requests);
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EveryStreamScenario, ::testing::Values("ping-pong", "churn", "stream"),
                         [](const auto& one) { return one.param == "ping-pong" ? "ping_pong" : one.param; });

TEST(PingPongLoad, CarriesMessagesLargerThanAllBuffers) {
  Echo server;
  LoadSettings settings = settings_for(server.address());
  settings.connections = 2;
  settings.size = 8'000'000;
  const LoadResult result = run("ping-pong", settings, requests(4));
  EXPECT_EQ(result.failures.total(), 0u) << result.failures.first_other();
  EXPECT_EQ(result.bytes, result.requests * settings.size);
}

TEST(PingPongLoad, LeavesTheWarmUpOut) {
  Echo server;
  LoadSettings settings = settings_for(server.address());
  settings.warm_up = 1h;
  const LoadResult result =
      run("ping-pong", settings, [](const LoadResult& so_far) { return so_far.all_requests >= 10; });
  EXPECT_EQ(result.requests, 0u);
  EXPECT_EQ(result.latency.count(), 0u);
  EXPECT_EQ(result.seconds, 0);
}

TEST(PingPongLoad, TellsConnectionsThatNobodyAnswers) {
  Serving<TCPServer> server(Address("127.0.0.1", 0), handler<EchoVerbatimHandler>());  // one at a time
  server.start();
  LoadSettings settings = settings_for(server.address());
  EXPECT_EQ(run("ping-pong", settings, requests(1)).starved, 2u);
}

TEST(ChurnLoad, OpensAConnectionForEachRequest) {
  Echo server;
  LoadSettings settings = settings_for(server.address());
  for (const bool reset : {false, true}) {
    settings.reset = reset;
    const std::uint64_t before = server.server().statistics().accepted;
    const LoadResult result = run("churn", settings, requests(100));
    EXPECT_EQ(result.failures.total(), 0u);
    EXPECT_GE(server.server().statistics().accepted - before, result.requests);
  }
}

TEST(Load, EndsAtASignal) {
  Echo server;
  const apps::Interruption interruption;
  const auto load = apps::make_load("ping-pong", settings_for(server.address()));
  const LoadResult& result = load->run(&interruption, [](const auto& progress) {
    if (progress.result.requests > 0) ::raise(SIGINT);
    return true;
  });
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.requests, 0u);
}

// ---- at fixed times ----

TEST(OpenLoop, AsksAsOftenAsItWasTold) {
  Echo server;
  LoadSettings settings = settings_for(server.address());
  settings.warm_up = 100ms;
  settings.duration = 500ms;
  settings.rate = 200;
  for (const std::string scenario : {"ping-pong", "churn"}) {
    const LoadResult result = run(scenario, settings);
    EXPECT_EQ(result.requests, 100u);
    EXPECT_EQ(result.all_requests, 120u);
    EXPECT_EQ(result.failures.total(), 0u);
  }
}

// A closed loop would send nothing while the server stalls, and so report one slow request of hundreds.
TEST(OpenLoop, CountsTheLatencyOfWhatWasDueWhileTheServerStalled) {
  constexpr auto kStall = 600ms;
  std::atomic<int> messages{0};
  const auto stall_once = [&](std::string data) {
    if (messages++ == 0) wait_any({}, Deadline::after(kStall));
    return data;
  };
  Serving<ThreadingTCPServer> server(Address("127.0.0.1", 0), handler<Answer>(Answer::Make(stall_once)));
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.connections = 1;
  settings.duration = 1s;
  settings.rate = 200;
  const LoadResult result = run("ping-pong", settings);
  EXPECT_EQ(result.requests, 200u);
  EXPECT_EQ(result.failures.total(), 0u);
  // 120 were due during the stall, and waited from 600 ms down to none.
  const auto nanoseconds = [](auto time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
  };
  EXPECT_GE(result.latency.max(), nanoseconds(kStall));
  EXPECT_GE(result.latency.percentile(90), nanoseconds(450ms));
  EXPECT_GE(result.latency.percentile(75), nanoseconds(300ms));
  EXPECT_GE(result.latency.percentile(50), nanoseconds(50ms));
}

TEST(OpenLoop, CountsWhatWasDueAndGotNoAnswerAsTimedOut) {
  Serving<TCPServer> server(Address("127.0.0.1", 0), handler<EchoVerbatimHandler>());  // one at a time
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.connections = 2;
  settings.duration = 200ms;
  settings.rate = 100;
  settings.timeout = 1s;  // longer than the run: nothing is given up before its end
  const LoadResult result = run("ping-pong", settings);
  const std::uint64_t timed_out = result.failures.count(Failure::kTimedOut);
  EXPECT_GE(timed_out, 10u);  // all of the second connection
  EXPECT_EQ(result.requests + timed_out, 20u);
  EXPECT_EQ(result.failures.total(), timed_out);
  EXPECT_GE(result.starved, 1u);
}

// ---- what goes wrong ----

class BadServers : public ::testing::TestWithParam<std::string> {
 protected:
  /// Until something has failed; nothing is ever right.
  LoadResult run_against(RequestHandlerClass handler, Timeout timeout = kWatchdog) {
    Serving<ThreadingTCPServer> server(Address("127.0.0.1", 0), std::move(handler));
    server.start();
    LoadSettings settings = settings_for(server.address());
    settings.timeout = timeout;
    const LoadResult result =
        run(GetParam(), settings, [](const LoadResult& so_far) { return so_far.failures.total() > 0; });
    EXPECT_EQ(result.requests, 0u);
    return result;
  }
};

TEST_P(BadServers, WrongAnswersAreCounted) {
  const LoadResult result = run_against(handler<Answer>(Answer::Make(&flipped)));
  EXPECT_GT(result.failures.count(Failure::kWrong), 0u);
  EXPECT_EQ(result.failures.total(), result.failures.count(Failure::kWrong));
}

// Where the server had not read all, the system resets the connection.
TEST_P(BadServers, ConnectionsThatEndEarlyAreCounted) {
  const LoadResult result =
      run_against(handler<Answer>(Answer::Make([](const auto&) { return std::string(); })));
  const std::uint64_t closed = result.failures.count(Failure::kClosed);
  EXPECT_EQ(result.failures.total(), closed + result.failures.count(Failure::kReset));
  EXPECT_TRUE(closed > 0 || GetParam() == "stream");
}

TEST_P(BadServers, MissingAnswersAreCounted) {
  struct Mute : BaseRequestHandler {
    void handle() override {
      while (!request().recv(65536).empty()) {
      }
    }
  };
  EXPECT_GT(run_against(handler<Mute>(), 50ms).failures.count(Failure::kTimedOut), 0u);
}

TEST_P(BadServers, RefusedConnectionsAreCountedAndDoNotKeepUsBusy) {
  Socket bound = Socket::tcp();  // but does not listen
  bound.bind({"127.0.0.1", 0});
  const LoadResult result = run(GetParam(), settings_for(bound.getsockname()), failures(Failure::kRefused));
  EXPECT_EQ(result.failures.total(), result.failures.count(Failure::kRefused));
  EXPECT_LT(result.failures.total(), 100u);
}

TEST_P(BadServers, ResetsAreCounted) {
  struct Reset : BaseRequestHandler {
    void handle() override {
      request().recv(1);
      const linger none{1, 0};
      request().socket().setsockopt(SOL_SOCKET, SO_LINGER,
                                    std::string_view(reinterpret_cast<const char*>(&none), sizeof none));
      request().socket().close();
    }
  };
  EXPECT_GT(run_against(handler<Reset>()).failures.count(Failure::kReset), 0u);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, BadServers, ::testing::Values("ping-pong", "churn", "stream"),
                         [](const auto& one) { return one.param == "ping-pong" ? "ping_pong" : one.param; });

TEST(PingPongLoad, GoesOnAfterABrokenConnection) {
  std::atomic<int> messages{0};
  const auto close_once = [&](std::string data) { return messages++ == 0 ? std::string() : data; };
  Serving<ThreadingTCPServer> server(Address("127.0.0.1", 0), handler<Answer>(Answer::Make(close_once)));
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.connections = 1;
  const LoadResult result = run("ping-pong", settings, requests(10));
  EXPECT_EQ(result.failures.count(Failure::kClosed), 1u);
  EXPECT_EQ(result.failures.total(), 1u);
}

// ---- datagrams ----

struct AnswerPacket : BaseRequestHandler {
  using Make = std::function<std::string(std::string)>;
  explicit AnswerPacket(Make make) : make_(std::move(make)) {}
  void handle() override {
    const std::string answer = make_(std::string(request().packet()));
    if (!answer.empty()) request().socket().sendto(answer, client_address());
  }
  Make make_;
};

template <class Server, class Where>
void expect_datagrams_back(const Where& where) {
  Serving<Server> server(where, handler<EchoVerbatimPacketHandler>());
  server.start();
  LoadSettings settings = settings_for(server.address());
  for (const std::size_t size : {8u, 64u, 1400u}) {
    settings.size = size;
    const LoadResult result = run("udp", settings, requests(1000));
    EXPECT_EQ(result.failures.total(), 0u) << result.failures.first_other();
    EXPECT_EQ(result.bytes, result.requests * size);
  }
}

TEST(DatagramLoad, FindsNoFaultWithAGoodServer) {
  TemporaryDirectory directory;
  expect_datagrams_back<UDPServer>(Address("127.0.0.1", 0));
  expect_datagrams_back<UnixDatagramServer>(directory / "socket");
}

TEST(DatagramLoad, CountsWhatIsLost) {
  int datagrams = 0;
  const auto drop_every_third = [&](std::string data) { return ++datagrams % 3 == 0 ? std::string() : data; };
  Serving<UDPServer> server(Address("127.0.0.1", 0),
                            handler<AnswerPacket>(AnswerPacket::Make(drop_every_third)));
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.timeout = 100ms;
  const LoadResult result = run(
      "udp", settings, [](const LoadResult& so_far) { return so_far.lost >= 20 && so_far.requests >= 20; });
  EXPECT_EQ(result.failures.total(), 0u);
}

TEST(DatagramLoad, CountsWrongAnswers) {
  Serving<UDPServer> server(Address("127.0.0.1", 0), handler<AnswerPacket>(AnswerPacket::Make(&flipped)));
  server.start();
  const LoadResult result = run("udp", settings_for(server.address()), failures(Failure::kWrong));
  EXPECT_EQ(result.requests, 0u);
}

TEST(DatagramLoad, LearnsThatNobodyIsThere) {
  Address nobody;
  {
    Socket socket = Socket::udp();
    socket.bind({"127.0.0.1", 0});
    nobody = socket.getsockname();
  }
  const LoadResult result = run("udp", settings_for(nobody), failures(Failure::kRefused));
  EXPECT_EQ(result.requests, 0u);
}

// ---- connections that are held ----

TEST(IdleLoad, AsksEachConnectionOnceAgain) {
  Echo server;
  LoadSettings settings = settings_for(server.address());
  settings.connections = 200;
  settings.duration = 10ms;
  int times = 0;
  apps::IdleLoad load(settings, [&] {
    ++times;
    EXPECT_EQ(server.server().statistics().active, 200u);
  });
  const LoadResult& result = load.run();
  EXPECT_EQ(times, 1);
  EXPECT_EQ(result.requests, 200u);
  EXPECT_EQ(result.held, 200u);
  EXPECT_EQ(result.answered_again, 200u);
  EXPECT_EQ(result.latency.count(), 200u);
  EXPECT_EQ(result.starved, 0u);
  EXPECT_EQ(result.failures.total(), 0u);
}

TEST(IdleLoad, CountsThoseThatTheServerHasForgotten) {
  struct AnswerOnce : BaseRequestHandler {
    void handle() override {
      const std::string data = request().recv(1024);
      request().sendall(data);
      request().recv(1024);
    }
  };
  Serving<ThreadingTCPServer> server(Address("127.0.0.1", 0), handler<AnswerOnce>());
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.connections = 20;
  settings.duration = 10ms;
  const LoadResult result = run("idle", settings);
  EXPECT_EQ(result.requests, 20u);
  EXPECT_EQ(result.answered_again, 0u);
  EXPECT_EQ(result.failures.total(), 20u);
}

TEST(IdleLoad, GivesUpOnAServerThatTakesNoMore) {
  Serving<TCPServer> server(Address("127.0.0.1", 0), handler<EchoVerbatimHandler>());  // one at a time
  server.start();
  LoadSettings settings = settings_for(server.address());
  settings.connections = 500;
  settings.duration = 10ms;
  settings.timeout = 1s;
  const LoadResult result = run("idle", settings);
  EXPECT_LE(result.requests, 1u);
  EXPECT_GE(result.starved, 499u);
}

}  // namespace
}  // namespace socketserver::testing
