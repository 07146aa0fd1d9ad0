// How clients are used: with arguments, with piped lines, by a person at a terminal.
#include "apps/clients.hpp"

#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

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

TEST_F(Clients, SayWhatTheyCannotRead) {
  start("echo");
  const auto complaint = [&](const std::string& input) {
    Argv argv{"/bin/sh", "-c", "exec \"$@\" <" + input, "sh"};
    argv.insert(argv.end(), client_.begin(), client_.end());
    const Outcome outcome = run(argv);
    EXPECT_EQ(outcome.status, 1);
    return outcome.err;
  };
  EXPECT_EQ(complaint("/dev/zero"), "echo_client: standard input has a line of more than 1 MiB\n");
  EXPECT_EQ(complaint("/"), "echo_client: read standard input: Is a directory\n");
  EXPECT_EQ(complaint("&-"), "echo_client: read standard input: Bad file descriptor\n");
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
