// exec_server and exec_client as they are started by hand.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "apps/clients.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class ExecPrograms : public Clients {
 protected:
  void start(const Argv& options = {}) { Clients::start("exec", options); }
};

TEST_F(ExecPrograms, RunTheWordsAsOneCommandAndPassItsStatusOn) {
  start();
  const Outcome outcome = ask({"--", "echo out;", "echo err >&2;", "exit 7"});
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(ask({"kill -TERM $$"}).status, 128 + SIGTERM);
}

TEST_F(ExecPrograms, RunEachPipedLine) {
  start();
  const Outcome outcome = ask({}, "echo one\n\necho two; false");
  EXPECT_EQ(outcome.out, "one\ntwo\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ExecPrograms, SayWhenACommandMetALimit) {
  start({"--command-timeout", "0.1"});
  const Outcome slow = ask({"sleep 100"});
  EXPECT_EQ(slow.err, "exec_client: the command took too long and was killed\n");
  EXPECT_EQ(slow.status, 128 + SIGKILL);
  start({"--max-output", "10"});
  const Outcome endless = ask({"yes"});
  EXPECT_EQ(endless.out, "y\ny\ny\ny\ny\n");
  EXPECT_EQ(endless.err, "exec_client: the command printed too much and was killed\n");
}

TEST_F(ExecPrograms, EndTheCommandOfAClientThatIsGone) {
  for (const std::string model : {"threading", "forking", "fiber"}) {
    const TemporaryDirectory directory;
    start({"--model", model});
    const std::string ended = directory / "ended";
    Argv argv = client_;
    argv.push_back("echo $$ > " + (directory / "began") + "; sleep 1000 & wait; touch " + ended);
    Program client(argv);
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(directory / "began"); }));
    client.kill(SIGKILL);
    client.wait();
    pid_t shell = 0;
    ASSERT_TRUE(
        eventually([&] { return (std::ifstream(directory / "began") >> shell).good() || shell > 0; }));
    EXPECT_TRUE(eventually([&] { return ::kill(shell, 0) < 0; })) << model;
    EXPECT_FALSE(std::filesystem::exists(ended));
  }
}

TEST_F(ExecPrograms, SendNothingThatTheyPrint) {
  start();
  const TemporaryDirectory directory;
  Argv argv{"/bin/sh", "-c", "exec \"$@\" >&-", "sh"};
  argv.insert(argv.end(), client_.begin(), client_.end());
  const Outcome outcome = run(argv, "echo touch " + (directory / "sent") + "\necho x\n");
  EXPECT_EQ(outcome.err, "exec_client: cannot write to standard output\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(std::filesystem::exists(directory / "sent"));
}

TEST_F(ExecPrograms, EndWhereNobodyTakesTheOutput) {
  start();
  const TemporaryDirectory directory;
  Argv argv{"/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"};
  argv.insert(argv.end(), client_.begin(), client_.end());
  EXPECT_EQ(run(argv, "echo x\ntouch " + (directory / "further")).status, 1);
  EXPECT_FALSE(std::filesystem::exists(directory / "further"));
}

TEST_F(ExecPrograms, RefuseToListenToOthersUnlessToldSo) {
  for (const std::string host : {"0.0.0.0", "::", "*"}) {
    const Outcome refused = run({our_program("exec_server"), "--host", host, "--port", "0"});
    EXPECT_TRUE(refused.err.starts_with("exec_server: listening on ")) << refused.err;
    EXPECT_TRUE(refused.err.find("--allow-remote-commands") != std::string::npos) << refused.err;
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.out, "");
  }
  start({"--host", "0.0.0.0", "--allow-remote-commands"});
  client_[2] = "127.0.0.1";  // the value of --host
  EXPECT_EQ(ask({"echo here"}).out, "here\n");
}

TEST_F(ExecPrograms, ListenOnAUnixSocketWithoutBeingToldSo) {
  const TemporaryDirectory directory;
  Program server({our_program("exec_server"), "--unix", directory / "socket"});
  server.wait_until_listening();
  EXPECT_EQ(run({our_program("exec_client"), "--unix", directory / "socket", "echo", "here"}).out, "here\n");
}

TEST_F(ExecPrograms, EndWhenTheServerDoes) {
  start();
  Program client(client_);
  client.write("echo one\n");
  client.wait_for_output("one\n");
  server_->kill(SIGKILL);
  server_->wait();
  client.write("echo two\n");
  const Outcome outcome = client.wait();
  EXPECT_TRUE(outcome.err.starts_with("exec_client: ")) << outcome.err;
  EXPECT_EQ(outcome.err.find("auth"), outcome.err.npos) << "it has answered without: " << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ExecPrograms, SayWhatMayBeTheMatterWhereNothingWasAnsweredYet) {
  start({"--framing", "raw"});
  const Outcome outcome = ask({"--timeout", "0.2", "echo hi"});
  EXPECT_TRUE(outcome.err.ends_with("; has the server --framing json, too?\n")) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
  start();
  Argv argv = client_;
  argv.push_back("kill -KILL $PPID");
  EXPECT_EQ(run(argv).err, "exec_client: the server closed the connection instead of answering\n");
}

TEST_F(ExecPrograms, TakeNoHarmFromSignalsThatWereIgnoredOrBlockedBefore) {
  const auto env = find_program("env");
  const Argv odd{env.value_or(""), "--ignore-signal=CHLD", "--block-signal=TERM"};
  if (!env || run({odd[0], odd[1], odd[2], "/bin/true"}).status != 0)
    GTEST_SKIP() << "env cannot do that here";
  Program server({odd[0], odd[1], odd[2], our_program("exec_server"), "--port", "0"});
  Argv client{our_program("exec_client")};
  for (const std::string& option : options_for(server.wait_until_listening())) client.push_back(option);
  client.push_back("exit 3");
  EXPECT_EQ(run(client).status, 3);
  server.kill(SIGTERM);
  EXPECT_EQ(server.wait().status, 0);
}

TEST_F(ExecPrograms, LeaveOnCtrlC) {
  start({"--drain-timeout", "0.1"});  // the command goes on, since a closed client may only have said all
  Argv argv = client_;
  argv.push_back("echo $$; sleep 1000");
  Program client(argv);
  Program other(client_);  // the server serves others meanwhile
  other.write("echo served\n");
  other.wait_for_output("served\n");
  client.kill(SIGINT);
  EXPECT_EQ(client.wait().status, 128 + SIGINT);
  EXPECT_EQ(other.wait().status, 0);
  server_->kill(SIGINT);
  EXPECT_EQ(server_->wait().status, 0);
}

}  // namespace
}  // namespace socketserver::testing
