// The chat programs: a person at either end, at a terminal or a pipe, and Python at the other.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <memory>

#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

Argv program(const std::string& name, const Argv& options) {
  Argv argv{our_program(name)};
  argv.insert(argv.end(), options.begin(), options.end());
  return argv;
}

class Chat : public ::testing::Test {
 protected:
  Address start_server(const Argv& options = {}) {
    Argv all{"--port", "0"};
    all.insert(all.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(program("chat_server", all));
    address_ = server_->wait_until_listening();
    return address_;
  }
  Argv client(const Argv& more = {}) const {
    Argv all = options_for(address_);
    all.insert(all.end(), more.begin(), more.end());
    return program("chat_client", all);
  }
  std::string here() const { return "[" + address_.to_string() + "] "; }
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

TEST_F(Chat, GoesBothWaysAtOnce) {
  start_server();
  Program anna(client());
  anna.write("hello\n\n   \nh\xc3\xa4? \xff\n");
  server_->wait_for_output("] hello\n[127.0.0.1:");
  server_->wait_for_output("] h\xc3\xa4? \\xff\n");
  server_->write("one\ntwo\n");
  anna.wait_for_output(here() + "one\n" + here() + "two\n");
  anna.write("three\n");
  server_->wait_for_output("] three\n");
  server_->write("four\nq\n");
  anna.wait_for_output("four\n");
  anna.write("q\n");
  EXPECT_EQ(anna.wait().status, 0);
  server_->write("q\n");
  EXPECT_EQ(server_->wait().status, 0);
}

// Once that was an end of input, and all had gone well; and what has no end was refused piece by piece.
TEST_F(Chat, SaysThatItCannotReadItsInput) {
  start_server();
  const auto complaint = [&](const std::string& input) {
    Argv argv{"/bin/sh", "-c", "exec \"$@\" <" + input, "sh"};
    const Argv words = client();
    argv.insert(argv.end(), words.begin(), words.end());
    const Outcome outcome = run(argv);
    EXPECT_EQ(outcome.status, 1);
    return outcome.err;
  };
  EXPECT_EQ(complaint("/"), "chat_client: read standard input: Is a directory\n");
  EXPECT_EQ(complaint("/dev/zero"), "chat_client: standard input has a line of more than 1 MiB\n");
}

// Once that server took no more lines, the one that ends it among them.
TEST_F(Chat, ServerWhoseOutputIsGoneHearsItsOperator) {
  Program server({"/bin/sh", "-c", "\"$0\" --port 0 | { head -n 1; exec <&-; echo gone >&2; }",
                  our_program("chat_server")});
  Socket anna = Socket::udp();
  anna.settimeout(std::chrono::seconds(20));
  anna.connect(server.wait_until_listening());
  server.wait_for_error("gone\n");
  anna.send("hello\n");
  for (const std::string text : {"one", "two"}) {  // the first may have been typed before anna was heard
    server.write(text + "\n");
    EXPECT_EQ(anna.recv(100), text);
  }
  server.write("q\nq\n");
  EXPECT_NE(server.wait().err.find("cannot write to standard output"), std::string::npos);
}

// Once the client took it for the code of a room, and said nothing more.
TEST_F(Chat, GoesOnAfterAnAnswerThatLooksLikeACode) {
  start_server();
  Program anna(client());
  anna.write("do you?\n");
  server_->wait_for_output("] do you?\n");
  server_->write("/understand\n");
  anna.wait_for_output(here() + "/understand\n");
  anna.write("good\n");
  server_->wait_for_output("] good\n");
}

TEST_F(Chat, TakesAllOfItFromPipes) {
  start_server();
  server_->write("first answer\nsecond answer\n");
  server_->close_input();
  const Outcome outcome = run(client(), "hello\n\nhow are you\nq\nand this is not sent\n");
  EXPECT_EQ(outcome.out, here() + "first answer\n" + here() + "second answer\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  server_->kill(SIGTERM);
  const Outcome server = server_->wait();
  EXPECT_EQ(server.status, 0);
  EXPECT_NE(server.out.find("] hello\n"), std::string::npos);
  EXPECT_EQ(server.out.find("not sent"), std::string::npos);
}

TEST_F(Chat, SaysWhatIsTooLongForADatagram) {
  start_server();
  server_->write("hi\n");
  const Outcome outcome = run(client(), std::string(70'000, 'x') + "\nhello\n");
  EXPECT_EQ(outcome.out, here() + "hi\n");
  EXPECT_EQ(outcome.err,
            "not said: a line of 70000 bytes ('xxxxxxxxxxxxxxxxxxxx...'); a datagram takes 65507\n"
            "chat_client: 1 line was not delivered to " +
                address_.to_string() + "\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(Chat, IsWithWhomOneChooses) {
  start_server();
  const std::string anna = address_.to_string();
  std::unique_ptr<Program> annas = std::move(server_);
  const std::string file = directory_ / "people";
  std::ofstream(file) << "# people\nanna = " << anna << "\nbob=127.0.0.1:1\n";
  start_server();
  annas->write("I am anna\n");
  server_->write("I am bob\n");
  const Argv argv = program("chat_client", {"--people", file, "--to", "bob=" + address_.to_string()});
  const Outcome outcome = run(argv, "bobby\nbob\nhello\nq\nanna\nhello\nq\nq\nanna\nnot this\n");
  EXPECT_EQ(outcome.out, here() + "I am bob\n[" + anna + "] I am anna\n");
  EXPECT_EQ(outcome.err, "there is no 'bobby' among anna, bob\n");
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(Chat, SpeaksIPv6AndUnixDatagrams) {
  for (const Argv& where : {Argv{"--host", "::1", "--port", "0"}, Argv{"--unix", directory_ / "socket"}}) {
    server_ = std::make_unique<Program>(program("chat_server", where));
    address_ = server_->wait_until_listening();
    server_->write("here\n");
    EXPECT_EQ(run(client(), "where?").out, here() + "here\n");
  }
}

TEST_F(Chat, SaysWhenNobodyIsThere) {
  const Outcome refused = run(program("chat_client", {"--port", "1"}), "hello\n");
  EXPECT_EQ(refused.err, "chat_client: no answer from 127.0.0.1:1: Connection refused\n");
  EXPECT_EQ(refused.status, 1);
  start_server();
  const Outcome silent = run(client({"--timeout", "0.05"}), "hello\n");
  EXPECT_EQ(silent.err, "chat_client: no answer from " + address_.to_string() + "\n");
  EXPECT_EQ(silent.status, 1);
  const std::string missing = directory_ / "missing";
  EXPECT_EQ(run(program("chat_client", {"--unix", missing})).err,
            "chat_client: cannot reach unix:" + missing + ": No such file or directory\n");
}

TEST_F(Chat, OutlivesAServerThatIsStartedAgain) {
  start_server();
  Program anna(client());
  anna.write("one\n");
  server_->wait_for_output("] one\n");
  server_->kill(SIGKILL);
  server_->wait();
  anna.write("two\n");  // lost, and the system tells so some time later
  server_ = std::make_unique<Program>(program("chat_server", {"--port", std::to_string(address_.port())}));
  server_->wait_until_listening();
  anna.write("three\n");
  server_->wait_for_output("] three\n");
  server_->write("back\n");
  anna.wait_for_output("back\n");
  anna.kill(SIGINT);  // two answers are missing
  EXPECT_EQ(anna.wait().status, 0);
}

TEST_F(Chat, SaysWhatIsWrong) {
  const auto complaint = [](const std::string& name, const Argv& options) {
    const Outcome outcome = run(program(name, options));
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    return outcome.err;
  };
  EXPECT_EQ(complaint("chat_server", {"--model", "forking"}),
            "chat_server: --model forking: all of a chat is in one thread, so that lines keep their order "
            "(iterative, fiber)\n");
  EXPECT_EQ(complaint("chat_server", {"--rate", "5"}), "chat_server: --rate is for --room\n");
  EXPECT_EQ(complaint("chat_client", {"--to", "bob"}), "chat_client: --to: 'bob' is not NAME=HOST:PORT\n");
  EXPECT_EQ(complaint("chat_client", {"--to", "bob=h:1", "anna"}),
            "chat_client: there is no 'anna' among bob\n");
  EXPECT_EQ(complaint("chat_client", {"--name", "a b"}),
            "chat_client: --name: 'a b' cannot be a name: up to 32 bytes without spaces, ':' and ','\n");
  EXPECT_EQ(complaint("chat_client", {"anna", "bob"}),
            "chat_client: talks to one person at a time (see --help)\n");
}

TEST_F(Chat, EndsAtASignal) {
  start_server();
  Program anna(client());
  anna.write("hello\n");
  server_->wait_for_output("] hello\n");
  anna.kill(SIGINT);
  EXPECT_EQ(anna.wait().status, 0);
  server_->kill(SIGINT);
  EXPECT_EQ(server_->wait().status, 0);
}

TEST_F(Chat, PromptsAtATerminal) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  start_server();
  Argv argv{*python, SOCKETSERVER_TEST_DIR "/apps/at_terminal.py", "hello"};
  const Argv at = client();
  argv.insert(argv.end(), at.begin(), at.end());
  const Outcome outcome = run(argv);
  EXPECT_EQ(outcome.out, "talking to " + address_.to_string() + " " + here().substr(0, here().size() - 1) +
                             "; q ends it\r\n> hello\r\n> \r\x1b[K")
      << outcome.err;
  EXPECT_EQ(outcome.status, 0);
  server_->wait_for_output("] hello\n");
}

// ---- with Python ----

TEST_F(Chat, WithPythonAtTheOtherEnd) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  const std::string script = test_script("service/chat_peer.py");
  Program theirs({*python, script, "server", "hi", "\xe4\xbd\xa0\xe5\xa5\xbd"});
  address_ = theirs.wait_until_listening();
  EXPECT_EQ(run(client(), "hello\nhow are you\nq\n").out,
            here() + "hi\n" + here() + "\xe4\xbd\xa0\xe5\xa5\xbd\n");
  EXPECT_EQ(theirs.wait().status, 0);

  start_server();
  server_->write("hi\n\xe4\xbd\xa0\xe5\xa5\xbd\n");
  const Outcome outcome =
      run({*python, script, "client", std::to_string(address_.port()), "hello", "how are you"});
  EXPECT_EQ(outcome.out, here() + "hi\n" + here() + "\xe4\xbd\xa0\xe5\xa5\xbd\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

}  // namespace
}  // namespace socketserver::testing
