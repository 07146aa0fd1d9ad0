// bench_client as a person, or a script, runs it.
#include <gtest/gtest.h>
#include <signal.h>

#include "socketserver/json/json.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/socketserver.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

class BenchClient : public ::testing::Test {
 protected:
  static Argv argv(const Argv& words) {
    Argv all{our_program("bench_client")};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  Argv argv_here(const Argv& words) {
    Argv all = argv(words);
    for (const std::string& option : options_for(server_.start().address())) all.push_back(option);
    return all;
  }
  static void expect_usage_error(const Argv& words, const std::string& line) {
    const Outcome outcome = run(argv(words));
    EXPECT_EQ(outcome.err, "bench_client: " + line + "\n");
    EXPECT_EQ(outcome.status, 2);
  }
  Serving<ThreadingTCPServer> server_{Address("127.0.0.1", 0), handler<EchoVerbatimHandler>()};
};

// The rate is a fixed one, for a count that is known.
TEST_F(BenchClient, ReportsToPeople) {
  const Outcome outcome = run(argv_here(
      {"--connections", "2", "--rate", "100", "--duration", "0.1", "--warm-up", "0", "--timeout", "60"}));
  const std::string where = server_.address().to_string();
  EXPECT_TRUE(
      outcome.out.starts_with("ping-pong, " + where + ": 2 connections, 64 bytes, 100 requests/s wanted\n"))
      << outcome.out;
  EXPECT_NE(outcome.out.find("\n  requests    10 in "), outcome.out.npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\n  latency     p50 "), outcome.out.npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\n  errors      none\n"), outcome.out.npos) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(BenchClient, ReportsToPrograms) {
  const Outcome outcome =
      run(argv_here({"--json", "--rate", "100", "--duration", "0.1", "--timeout", "60", "churn"}));
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.find('\n'), outcome.out.size() - 1);
  const Json json = Json::parse(outcome.out.substr(0, outcome.out.size() - 1));
  EXPECT_EQ(json.get_string("scenario"), "churn");
  EXPECT_EQ(json.get_string("server"), server_.address().to_string());
  EXPECT_EQ(json.get_int("requests"), 10);
  EXPECT_EQ(json.get_int("bytes"), 640);
  EXPECT_GT(json.get_double("rate"), 0);
  const Json& latency = json.at("latency_us");
  double before = 0;
  for (const char* key : {"min", "p50", "p90", "p99", "p99.9", "max"}) {
    EXPECT_GE(latency.get_double(key), before) << key;
    before = latency.get_double(key);
  }
  EXPECT_GT(latency.get_double("mean"), 0);
  for (const char* key : {"refused", "reset", "closed", "timed_out", "wrong", "no_free_port", "other"})
    EXPECT_EQ(json.at("errors").get_int(key), 0) << key;
}

TEST_F(BenchClient, HoldsIdleConnections) {
  const Outcome outcome =
      run(argv_here({"--json", "--connections", "50", "--duration", "0.01", "--timeout", "60", "idle"}));
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.get_int("requests"), 50);
  EXPECT_EQ(json.get_int("answered_again"), 50);
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(BenchClient, FailsWhereNothingWorked) {
  Socket mute = Socket::tcp();
  mute.bind({"127.0.0.1", 0});
  mute.listen();
  Argv words = argv({"--duration", "0.2", "--warm-up", "0", "--timeout", "0.05", "--json"});
  for (const std::string& option : options_for(mute.getsockname())) words.push_back(option);
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_GT(Json::parse(outcome.out).at("errors").get_int("timed_out"), 0);
}

TEST_F(BenchClient, SaysAtOnceThatNobodyListens) {
  Socket unused = Socket::tcp();
  unused.bind({"127.0.0.1", 0});
  const std::string where = unused.getsockname().to_string();
  const Outcome outcome =
      run(argv({"--port", std::to_string(unused.getsockname().port()), "--duration", "none"}));
  EXPECT_EQ(outcome.err, "bench_client: cannot connect to " + where + ": Connection refused\n");
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(BenchClient, ReportsAtCtrlCWhatWasMeasured) {
  Program program(argv_here({"--duration", "none", "--warm-up", "0", "--connections", "2"}));
  // The first one only asked whether the server is there.
  ASSERT_TRUE(eventually([&] { return server_.server().statistics().accepted == 3; }));
  program.kill(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_NE(outcome.out.find("(interrupted)\n  requests "), outcome.out.npos) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  EXPECT_LE(outcome.status, 1);  // it may have come before the first answer
}

TEST_F(BenchClient, ShowsAtATerminalHowFarItIs) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  // Runs it at a terminal, and ends it as soon as a line was drawn over itself.
  const std::string script =
      "import os, pty, sys\n"
      "pid, terminal = pty.fork()\n"
      "if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n"
      "seen = b''\n"
      "try:\n"
      "  while data := os.read(terminal, 1024):\n"
      "    seen += data\n"
      "    if b'measuring' in seen and b'\\x03' not in seen:\n"
      "      os.write(terminal, b'\\x03')\n"
      "      seen += b'\\x03'\n"
      "except OSError: pass\n"
      "os.waitpid(pid, 0)\n"
      "sys.stdout.buffer.write(seen)\n";
  Argv words = argv_here({"--duration", "none", "--warm-up", "0"});
  words.insert(words.begin(), {*python, "-c", script});
  const Outcome outcome = run(words);
  EXPECT_NE(outcome.out.find("\rping-pong: measuring, 0 s, "), outcome.out.npos) << outcome.out;
  EXPECT_NE(outcome.out.find("answers, 0 errors"), outcome.out.npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\r\x1b[Kping-pong, "), outcome.out.npos) << outcome.out;  // wiped, reported
}

TEST_F(BenchClient, SaysWhatDoesNotGoTogether) {
  expect_usage_error({"fast"}, "'fast' is none of ping-pong, churn, stream, udp, idle");
  expect_usage_error({"churn", "idle"}, "'churn idle' is none of ping-pong, churn, stream, udp, idle");
  expect_usage_error({"stream", "--rate", "5"}, "--rate is for ping-pong and churn, not for stream");
  expect_usage_error({"--reset"}, "--reset is for churn, not for ping-pong");
  expect_usage_error({"--window", "32"}, "--window is for udp, not for ping-pong");
  expect_usage_error({"udp", "--size", "7"}, "--size: a datagram has from 8 to 65507 bytes");
  expect_usage_error({"--connections", "-1"}, "--connections: -1 is not in 0..1000000");
  expect_usage_error({"--duration", "long"}, "--duration: 'long' is not a number of seconds");
}

TEST_F(BenchClient, SaysThatThereAreTooFewDescriptors) {
  const std::string command = "ulimit -n 100; exec \"$@\"";
  Argv words = argv_here({"--connections", "200"});
  words.insert(words.begin(), {"/bin/sh", "-c", command, "sh"});
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.err,
            "bench_client: 200 connections need 232 descriptors, but the limit is 100 (ulimit -Hn)\n");
  EXPECT_EQ(outcome.status, 1);
}

}  // namespace
}  // namespace socketserver::testing
