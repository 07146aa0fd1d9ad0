// The options that limit what clients can do.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <map>

#include "socketserver/service/echo.hpp"
#include "socketserver/socketserver.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Parameter: the model.
class Limits : public ::testing::TestWithParam<std::string> {
 protected:
  void start(std::vector<std::string> options) {
    std::vector<std::string> argv{
        our_program("echo_server"), "--port", "0", "--mode", "verbatim", "--model", GetParam()};
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  Socket connect() { return create_connection(address_, kWatchdog); }
  /// What the server logged, once it has ended.
  std::string log() {
    server_->kill(SIGTERM);
    const Outcome outcome = server_->wait();
    EXPECT_EQ(outcome.status, 0);
    return outcome.err;
  }
  std::unique_ptr<Program> server_;
  Address address_;
};

TEST_P(Limits, IdleTimeoutEndsAClientThatSaysNothing) {
  start({"--idle-timeout", "1", "--log-level", "debug"});
  Socket fell_silent = connect(), silent = connect();
  EXPECT_EQ(echo(fell_silent, "hello"), "hello");
  EXPECT_EQ(fell_silent.recv(1), "");
  EXPECT_EQ(silent.recv(1), "");
  const std::string line = "request from " + silent.getsockname().to_string() + ": recv " +
                           silent.getsockname().to_string() + ": Connection timed out\n";
  EXPECT_NE(log().find(line), std::string::npos) << line;
}

TEST_P(Limits, RequestTimeoutEndsAClientHoweverBusyItIs) {
  start({"--request-timeout", "0.1"});
  Socket busy = connect();
  EXPECT_THROW(for (;;) echo(busy, "hello"), std::exception);
  EXPECT_EQ(log(), "");
}

TEST_P(Limits, WriteTimeoutEndsAClientThatTakesNothing) {
  start({"--write-timeout", "0.05"});
  Socket greedy = connect();
  EXPECT_THROW(for (;;) greedy.sendall(std::string(1 << 16, 'x')), ConnectionError);
  EXPECT_EQ(log(), "");
}

TEST_P(Limits, WithoutTimeoutsAClientMayTakeItsTime) {
  start({"--idle-timeout", "none", "--read-timeout", "0", "--write-timeout", "none"});
  Socket client = connect();
  EXPECT_EQ(echo(client, "hello"), "hello");
}

INSTANTIATE_TEST_SUITE_P(AllModels, Limits, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

class LimitsSideBySide : public Limits {
 protected:
  /// The option for so many workers, where the model has a fixed number.
  static std::vector<std::string> workers(const std::string& number) {
    const bool fixed = std::ranges::find(kModelsOfWorkers, GetParam()) != kModelsOfWorkers.end();
    return fixed ? std::vector<std::string>{"--workers", number} : std::vector<std::string>();
  }
  void expect_two_at_once() {
    Socket first = connect(), second = connect(), third = connect();
    EXPECT_EQ(echo(first, "1"), "1");
    EXPECT_EQ(echo(second, "2"), "2");
    third.sendall("3");
    third.settimeout(50ms);
    EXPECT_THROW(third.recv(1), TimeoutError);
    first.close();
    third.settimeout(kWatchdog);
    EXPECT_EQ(third.recv(1), "3");
  }
};

TEST_P(LimitsSideBySide, MaxConnectionsLetsOthersWait) {
  start({"--max-connections", "2"});
  expect_two_at_once();
}

class LimitsOfWorkers : public LimitsSideBySide {};

TEST_P(LimitsOfWorkers, LetOthersWait) {
  start({"--workers", "2"});
  expect_two_at_once();
}

INSTANTIATE_TEST_SUITE_P(ModelsOfWorkers, LimitsOfWorkers, ::testing::ValuesIn(kModelsOfWorkers),
                         [](const auto& one) { return name_of(one.param); });

/// Waits until the server has closed a connection, with or without a reset.
void expect_end(Socket& client) {
  try {
    EXPECT_EQ(client.recv(1), "");
  } catch (const ConnectionError&) {
  }
}

/// Of models that may have clients too many: all but those that serve one at a time in each process.
class LimitsThatRefuse : public Limits {};

TEST_P(LimitsThatRefuse, WhenFullRefusesOthersAndServesAgain) {
  start({"--max-connections", "1", "--when-full", "refuse"});
  Socket first = connect();
  EXPECT_EQ(echo(first, "1"), "1");
  Socket second = connect();
  expect_end(second);
  first.close();
  EXPECT_TRUE(eventually([&] {
    try {
      Socket third = connect();
      return echo(third, "3") == "3";
    } catch (const std::exception&) {  // still full
      return false;
    }
  }));
}

TEST_P(LimitsThatRefuse, MaxPerSourceRefusesTheSecondOfOneClient) {
  start({"--max-per-source", "1"});
  Socket first = connect();
  EXPECT_EQ(echo(first, "1"), "1");
  Socket second = connect();
  expect_end(second);
  Socket other = Socket::tcp();
  other.settimeout(kWatchdog);
  other.bind({"127.0.0.2", 0});
  other.connect(address_);
  EXPECT_EQ(echo(other, "2"), "2");
}

INSTANTIATE_TEST_SUITE_P(OtherModels, LimitsThatRefuse,
                         ::testing::Values("threading", "forking", "thread-pool", "prethreading", "fiber"),
                         [](const auto& one) { return name_of(one.param); });

TEST(LimitsWithoutUse, AreUsageErrors) {
  const std::map<std::string, std::string> kWhy{
      {"iterative", ": iterative serves one client at a time"},
      {"preforking", ": preforking serves one client at a time in each process"}};
  for (const auto& [model, reason] : kWhy) {
    const std::vector<std::string> argv{our_program("echo_server"), "--port", "0", "--model", model};
    const auto expect_error = [&, why = reason](std::vector<std::string> options, const std::string& what) {
      options.insert(options.begin(), argv.begin(), argv.end());
      const Outcome outcome = run(options);
      EXPECT_EQ(outcome.err, "echo_server: " + what + why + "\n");
      EXPECT_EQ(outcome.status, 2);
    };
    expect_error({"--max-per-source", "1"}, "--max-per-source");
    expect_error({"--when-full", "refuse"}, "--when-full refuse");
    expect_error({"--udp", "--max-per-source", "1"}, "--max-per-source");
  }
}

// A forking server once stopped at Python's 40 children.
TEST_P(LimitsSideBySide, ManyClientsAreServedAtOnce) {
  start(workers("100"));
  std::vector<Socket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    EXPECT_EQ(echo(clients.back(), "hello"), "hello");
  }
}

// The usual limit of descriptors that a shell sets, 1024, is only a default.
TEST_P(LimitsSideBySide, RaisesItsLimitOfDescriptors) {
  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{64, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<std::string> options = workers("100");
  options.insert(options.end(), {"--max-connections", "200"});
  start(options);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<Socket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    EXPECT_EQ(echo(clients.back(), "hello"), "hello");
  }
}

INSTANTIATE_TEST_SUITE_P(ConcurrentModels, LimitsSideBySide, ::testing::ValuesIn(kConcurrentModels),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
