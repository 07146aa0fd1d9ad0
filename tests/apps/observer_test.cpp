// --access-log and --trace.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "socketserver/concurrency/sanitizers.hpp"
#include "socketserver/json/json.hpp"
#include "socketserver/service/echo.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Parameter: the model.
class ObservedServer : public ::testing::TestWithParam<std::string> {
 protected:
  Program& start(std::vector<std::string> options, std::vector<std::string> argv = {}) {
    argv.insert(argv.end(),
                {our_program("echo_server"), "--port", "0", "--mode", "verbatim", "--model", GetParam()});
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
    return *server_;
  }
  /// Returns the client's address.
  std::string ask() {
    Socket client = create_connection(address_, kWatchdog);
    EXPECT_EQ(echo(client, "hello"), "hello");
    client.shutdown(SHUT_WR);
    EXPECT_EQ(client.recv(1), "");
    return client.getsockname().to_string();
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

TEST_P(ObservedServer, LogsALineForEachConnection) {
  const std::string log = directory_ / "log";
  start({"--access-log", log});
  const std::string first = ask(), second = ask();
  EXPECT_TRUE(eventually([&] { return std::ranges::count(content_of(log), '\n') == 2; }));
  for (const std::string& client : {first, second}) {
    const std::regex line("(^|\n)" + client + " \\d+\\.\\d{6} 5 5 finished\n");
    EXPECT_TRUE(std::regex_search(content_of(log), line)) << content_of(log);
  }
  server_->kill(SIGTERM);
  EXPECT_EQ(server_->wait().status, 0);
}

TEST_P(ObservedServer, LogsToStandardOutput) {
  Program& server = start({"--access-log", "-"});
  server.wait_for_output(ask() + " 0.");
  server.wait_for_output(" 5 5 finished\n");
}

// The signal that comes with such an error ended servers, and worker after worker.
TEST_P(ObservedServer, OutlivesFilesOverTheLimitAndSaysSoOnce) {
#if defined(SOCKETSERVER_TSAN)
  GTEST_SKIP() << "ThreadSanitizer's runtime itself writes a file before main()";
#endif
  const std::string log = directory_ / "log", trace = directory_ / "trace";
  start({"--access-log", log, "--trace", trace}, {"/bin/sh", "-c", "ulimit -f 0 && exec \"$@\"", "sh"});
  for (int i = 0; i < 3; ++i) ask();
  server_->kill(SIGTERM);
  const testing::Outcome outcome = server_->wait();
  EXPECT_EQ(outcome.status, 0);
  std::multiset<std::string> said;
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);) said.insert(line);
  EXPECT_EQ(said, (std::multiset<std::string>{"write " + log + ": File too large",
                                              "write " + trace + ": File too large"}));
}

TEST_P(ObservedServer, TracesToAFileOfJSON) {
  const std::string trace = directory_ / "trace";
  start({"--trace", trace});
  const std::string client = ask();
  server_->kill(SIGTERM);
  EXPECT_EQ(server_->wait().status, 0);
  bool ran = false, ended = false;
  const Json all = Json::parse(content_of(trace));
  for (const Json& event : all.as_array()) {
    const std::string phase = event.get_string("ph");
    if (event.get_string("name") != client) continue;
    ran = ran || phase == "X";
    ended = ended || phase == "e";
  }
  EXPECT_TRUE(ran && ended) << content_of(trace);
}

// Files were once opened, and the trace emptied, before it was known whether the place was free.
TEST_P(ObservedServer, IsNotHarmedByAnotherOneThatCannotBind) {
  const std::string trace = directory_ / "trace";
  start({"--trace", trace});
  const std::string client = ask();
  EXPECT_TRUE(eventually([&] { return content_of(trace).find(client) != std::string::npos; }));
  std::vector<std::string> another{our_program("echo_server"), "--trace", trace, "--access-log",
                                   directory_ / "log"};
  for (const std::string& option : options_for(address_)) another.push_back(option);
  const testing::Outcome outcome = run(another);
  EXPECT_NE(outcome.err.find("cannot listen on " + address_.to_string()), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "log"));
  server_->kill(SIGTERM);
  EXPECT_EQ(server_->wait().status, 0);
  EXPECT_NE(content_of(trace).find(client), std::string::npos);
  EXPECT_NO_THROW(Json::parse(content_of(trace))) << content_of(trace);
}

TEST_P(ObservedServer, LeavesAReadableTraceWhenItIsKilled) {
  const std::string trace = directory_ / "trace";
  start({"--trace", trace});
  const std::string client = ask();
  EXPECT_TRUE(eventually([&] { return content_of(trace).find(client) != std::string::npos; }));
  server_->kill(SIGKILL);
  server_->wait();
  EXPECT_NO_THROW(Json::parse(content_of(trace) + "]"));
}

INSTANTIATE_TEST_SUITE_P(AllModels, ObservedServer, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

TEST(ObserverOptions, SayWhatIsWrongWithAFile) {
  for (const char* option : {"--access-log", "--trace"}) {
    const testing::Outcome outcome =
        run({our_program("echo_server"), "--port", "0", option, "/nonexistent/file"});
    EXPECT_EQ(outcome.err, "echo_server: open /nonexistent/file: No such file or directory\n");
    EXPECT_EQ(outcome.status, 1);
  }
}

}  // namespace
}  // namespace socketserver::testing
