// How servers end: at a signal, with those in progress finished; and what they leave behind.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "socketserver/service/echo.hpp"
#include "socketserver/socketserver.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

/// Starts echo_server in a model, verbatim, with further options.
class Signals : public ::testing::Test {
 protected:
  void start(const std::string& model, const Argv& options = {}) {
    Argv argv{our_program("echo_server"), "--model", model, "--mode", "verbatim"};
    argv.insert(argv.end(), options.begin(), options.end());
    if (std::ranges::find(options, "--unix") == options.end()) argv.insert(argv.end(), {"--port", port_});
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  Socket connect() { return create_connection(address_, kWatchdog); }
  /// A connection that is being served.
  Socket served() {
    Socket client = connect();
    EXPECT_EQ(echo(client, "hello"), "hello");
    return client;
  }
  /// Has the server stopped taking clients?
  bool closed() {
    Socket probe = Socket::tcp();
    return probe.connect_ex(address_) == ECONNREFUSED;
  }
  /// Children of the server's first thread, which is the one that forks.
  std::vector<pid_t> children() {
    const std::string pid = std::to_string(server_->pid());
    std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
  }

  std::string port_ = "0";
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

class SignalsInEveryModel : public Signals,
                            public ::testing::WithParamInterface<std::tuple<std::string, int>> {};

TEST_P(SignalsInEveryModel, EndAnIdleServerWithStatusZero) {
  const auto [model, signal] = GetParam();
  start(model);
  server_->kill(signal);
  const Outcome outcome = server_->wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_P(SignalsInEveryModel, LetAClientInProgressFinish) {
  const auto [model, signal] = GetParam();
  start(model);
  Socket client = served();
  server_->kill(signal);
  if (!drains_in_the_loop(model)) {
    EXPECT_TRUE(eventually([this] { return closed(); }));
  }
  EXPECT_EQ(echo(client, "and more"), "and more");
  client.shutdown(SHUT_WR);
  EXPECT_EQ(client.recv(1), "");
  const Outcome outcome = server_->wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_P(SignalsInEveryModel, CutOffAClientThatDoesNotFinish) {
  const auto [model, signal] = GetParam();
  start(model, {"--drain-timeout", "0.05"});
  Socket client = served();
  server_->kill(signal);
  EXPECT_EQ(client.recv(1), "");
  const Outcome outcome = server_->wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "stopped: 0 request(s) in progress finished, 1 cut off\n");
}

TEST_P(SignalsInEveryModel, AllowARestartOnTheSamePortRightAfter) {
  const auto [model, signal] = GetParam();
  start(model, {"--drain-timeout", "0"});
  Socket client = served();
  server_->kill(signal);
  EXPECT_EQ(server_->wait().status, 0);
  port_ = std::to_string(address_.port());  // its end of our connection is not gone yet
  start(model);
  Socket next = served();
}

INSTANTIATE_TEST_SUITE_P(AllModels, SignalsInEveryModel,
                         ::testing::Combine(::testing::ValuesIn(kAllModels),
                                            ::testing::Values(SIGINT, SIGTERM)),
                         [](const auto& one) {
                           return name_of(std::get<0>(one.param)) +
                                  (std::get<1>(one.param) == SIGINT ? "_INT" : "_TERM");
                         });

TEST_F(Signals, ASecondOneEndsAtOnce) {
  start("threading", {"--drain-timeout", "none"});
  Socket client = served();
  server_->kill(SIGINT);
  ASSERT_TRUE(eventually([this] { return closed(); }));
  server_->kill(SIGTERM);
  EXPECT_EQ(server_->wait().status, 128 + SIGTERM);
}

// Ctrl-C in a terminal reaches the server and its children.
TEST_F(Signals, ACtrlCLetsForkedChildrenFinish) {
  start("forking");
  Socket client = served();
  ::kill(-server_->pid(), SIGINT);
  ASSERT_TRUE(eventually([this] { return closed(); }));
  EXPECT_EQ(echo(client, "and more"), "and more");
  client.shutdown(SHUT_WR);
  EXPECT_EQ(server_->wait().status, 0);
}

// Its descriptor that wakes the loop is the server's own, so the child once stopped the server.
TEST_F(Signals, OneForAForkedChildIsNotOneForTheServer) {
  start("forking");
  Socket client = served();
  ASSERT_EQ(children().size(), 1u);
  ::kill(children().front(), SIGTERM);
  EXPECT_EQ(echo(client, "still there"), "still there");
  Socket other = served();
  server_->kill(SIGTERM);
  client.shutdown(SHUT_WR);
  other.shutdown(SHUT_WR);
  EXPECT_EQ(server_->wait().status, 0);
}

TEST_F(Signals, AHangUpReplacesTheWorkersOneByOne) {
  start("preforking", {"--workers", "2"});
  ASSERT_TRUE(eventually([this] { return children().size() == 2; }));
  const std::vector<pid_t> before = children();
  server_->kill(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    const std::vector<pid_t> now = children();
    return now.size() == 2 && std::ranges::find_first_of(now, before) == now.end();
  }));
  { Socket client = served(); }
  server_->kill(SIGTERM);
  const Outcome outcome = server_->wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Signals, OneForAWorkerAloneIsNotOneForTheServer) {
  start("preforking", {"--workers", "2"});
  ASSERT_TRUE(eventually([this] { return children().size() == 2; }));
  Socket client = served();
  for (const pid_t worker : children()) ::kill(worker, SIGTERM);
  EXPECT_EQ(echo(client, "still there"), "still there");
  client.close();
  Socket other = served();
  server_->kill(SIGTERM);
  other.close();
  EXPECT_EQ(server_->wait().status, 0);
}

TEST_F(Signals, AKilledSupervisorTakesItsWorkersAlong) {
  start("preforking", {"--workers", "2"});
  ASSERT_TRUE(eventually([this] { return children().size() == 2; }));
  const std::vector<pid_t> workers = children();
  server_->kill(SIGKILL);
  EXPECT_EQ(server_->wait().status, 128 + SIGKILL);
  for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
}

TEST_F(Signals, ThePathOfAUnixSocketIsRemoved) {
  const std::string path = directory_ / "socket";
  for (const std::string& model : kAllModels) {
    start(model, {"--unix", path});
    EXPECT_TRUE(std::filesystem::exists(path));
    { Socket client = served(); }
    server_->kill(SIGTERM);
    EXPECT_EQ(server_->wait().status, 0);
    EXPECT_FALSE(std::filesystem::exists(path)) << model;
  }
}

TEST_F(Signals, ThePathThatAKilledServerLeftIsTakenOver) {
  const std::string path = directory_ / "socket";
  start("threading", {"--unix", path});
  server_->kill(SIGKILL);
  EXPECT_EQ(server_->wait().status, 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(path));
  start("threading", {"--unix", path});
  Socket client = served();
}

// What it logs, once nobody reads that any more, once ended the whole server by SIGPIPE.
TEST_F(Signals, AVanishedReaderOfTheLogDoesNotEndTheServer) {
  Program shell(
      {"/bin/sh", "-c",
       our_program("echo_server") + " --port 0 --idle-timeout 0.01 --log-level debug 2>&1 | head -n 1"});
  address_ = shell.wait_until_listening();
  for (int i = 0; i < 3; ++i) {
    Socket client = connect();
    EXPECT_EQ(client.recv(1), "");  // ended, and logged
  }
  ::kill(-shell.pid(), SIGKILL);
}

}  // namespace
}  // namespace socketserver::testing
