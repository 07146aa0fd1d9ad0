// How clients are used: with arguments, with piped lines, by a person at a terminal.
#include <gtest/gtest.h>

#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

/// A server program, and its client with what belongs to it.
class Clients : public ::testing::Test {
 protected:
  void start(const std::string& service, const Argv& of_server, const Argv& of_client) {
    Argv argv{our_program(service + "_server"), "--port", "0"};
    argv.insert(argv.end(), of_server.begin(), of_server.end());
    server_ = std::make_unique<Program>(argv, Argv{"TZ=ABC-5:30"});
    client_ = {our_program(service + "_client")};
    for (const std::string& option : options_for(server_->wait_until_listening())) client_.push_back(option);
    client_.insert(client_.end(), of_client.begin(), of_client.end());
  }
  Outcome ask(const Argv& words, const std::string& input = {}) {
    Argv argv = client_;
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv, input);
  }
  std::unique_ptr<Program> server_;
  Argv client_;
};

TEST_F(Clients, JoinTheirArgumentsToOneMessage) {
  start("echo", {}, {});
  const Outcome outcome = ask({"hello", "", "you", "--", "--port"});
  EXPECT_EQ(outcome.out, "HELLO  YOU --PORT\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(Clients, TakePipedLinesWithoutAPrompt) {
  start("echo", {}, {});
  const Outcome outcome = ask({}, "hello\n\nlast without an end");
  EXPECT_EQ(outcome.out, "HELLO\n\nLAST WITHOUT AN END\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(ask({}).out, "");
}

TEST_F(Clients, AnswerEachLineWhenItComes) {
  start("echo", {}, {});
  Program client(client_);
  client.write("one\n");
  client.wait_for_output("ONE\n");
  client.write("two\n");
  EXPECT_EQ(client.wait_for_output("TWO\n"), "ONE\nTWO\n");
  EXPECT_EQ(client.wait().status, 0);
}

TEST_F(Clients, OpenANewConnectionForEachMessageWhereTheServerEndsIt) {
  start("echo", {"--mode", "once"}, {"--mode", "once"});
  EXPECT_EQ(ask({}, "  one  \ntwo\n").out, "ONE\nTWO\n");
}

TEST_F(Clients, SendAnEmptyDatagramForAnEmptyLine) {
  start("echo", {"--udp", "--mode", "hello"}, {"--udp", "--mode", "hello"});
  EXPECT_EQ(ask({}, "\nx\n").out, "hi\nhi\n");
}

TEST_F(Clients, SpeakOverUnixDatagrams) {
  const TemporaryDirectory directory;
  start("time", {}, {});
  Program server({our_program("time_server"), "--unix", directory / "socket"}, {"TZ=XYZ-1"});
  server.wait_until_listening();
  EXPECT_EQ(run({our_program("time_client"), "--unix", directory / "socket", "%Z"}).out, "XYZ\n");
}

TEST_F(Clients, OfTimeTakeTheDefaultForAnEmptyFormat) {
  start("time", {}, {});
  EXPECT_EQ(ask({"%Z", "%%"}).out, "ABC %\n");
  EXPECT_EQ(ask({""}).out.size(), sizeof "2001-09-09 07:16:40");
  EXPECT_EQ(ask({}, "%Z\n%z\n").out, "ABC\n+0530\n");
}

TEST_F(Clients, EndWithAnErrorWhenTheServerDoes) {
  start("echo", {}, {});
  Program client(client_);
  client.write("one\n");
  client.wait_for_output("ONE\n");
  server_.reset();
  client.write("two\n");
  const Outcome outcome = client.wait();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("echo_client: ")) << outcome.err;
  EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
}

TEST_F(Clients, PromptAtATerminal) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  start("echo", {}, {});
  Argv argv{*python, SOCKETSERVER_TEST_DIR "/apps/at_terminal.py", "hello"};
  argv.insert(argv.end(), client_.begin(), client_.end());
  const Outcome outcome = run(argv);
  EXPECT_EQ(outcome.out, "> hello\r\nHELLO\r\n> \r\n") << outcome.err;
  EXPECT_EQ(outcome.status, 0);
}

}  // namespace
}  // namespace socketserver::testing
