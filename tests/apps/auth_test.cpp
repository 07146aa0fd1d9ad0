// Authentication as a user of the programs meets it.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "apps/clients.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class AuthPrograms : public Clients {
 protected:
  AuthPrograms() {
    write(key_, "secret\n");
    write(other_key_, "another");
  }
  static void write(const std::string& path, const std::string& contents, mode_t mode = 0600) {
    std::ofstream(path) << contents;
    ::chmod(path.c_str(), mode);
  }
  void start_with_key(const std::string& service, const Argv& of_server = {}, const Argv& of_client = {}) {
    Argv argv{"--auth-key-file", key_};
    argv.insert(argv.end(), of_server.begin(), of_server.end());
    start(service, argv, of_client);
  }
  /// What the client prints, with the key and with another one.
  Outcome ask_with_key(const Argv& words, const Argv& options = {}) { return ask_with(key_, words, options); }
  Outcome ask_with(const std::string& key, const Argv& words, const Argv& options = {}) {
    Argv argv{"--auth-key-file", key};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), words.begin(), words.end());
    return ask(argv);
  }
  std::string where() const { return "127.0.0.1:" + client_.at(4); }
  static void expect_error(const Outcome& outcome, const std::string& line) {
    EXPECT_EQ(outcome.err, line + "\n");
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.status, 1);
  }
  static void expect_usage_error(const Argv& argv, const std::string& line) {
    const Outcome outcome = run(argv);
    EXPECT_EQ(outcome.err, line + "\n");
    EXPECT_EQ(outcome.status, 2);
  }

  TemporaryDirectory directory_;
  const std::string key_ = directory_ / "key", other_key_ = directory_ / "other";
};

TEST_F(AuthPrograms, OfEveryServiceServeClientsWithTheKey) {
  start_with_key("echo");
  EXPECT_EQ(ask_with_key({"hello"}).out, "HELLO\n");
  start_with_key("time", {"--tcp"}, {"--tcp"});
  EXPECT_EQ(ask_with_key({"%Z"}).out, "ABC\n");
  start_with_key("exec");
  EXPECT_EQ(ask_with_key({"echo $((6 * 7))"}).out, "42\n");
  start_with_key("upload", {"--directory", directory_ / "stored"});
  EXPECT_EQ(ask_with_key({"--form", "md5", other_key_}).status, 0);
  EXPECT_EQ(std::ifstream(directory_ / "stored/other").rdbuf()->sgetc(), 'a');
}

TEST_F(AuthPrograms, ServeOverUnixSockets) {
  const std::string path = directory_ / "socket";
  Program server({our_program("echo_server"), "--unix", path, "--auth-key-file", key_, "--auth-mutual"});
  server.wait_until_listening();
  const auto ask_there = [&](const std::string& key) {
    return run(
        {our_program("echo_client"), "--unix", path, "--auth-key-file", key, "--auth-mutual", "hello"});
  };
  EXPECT_EQ(ask_there(key_).out, "HELLO\n");
  for (int i = 0; i < 12; ++i)  // of all clients there nobody is turned away
    expect_error(ask_there(other_key_), "echo_client: cannot authenticate to unix:" + path +
                                            ": it does not accept our answer: it has another key");
  EXPECT_EQ(ask_there(key_).out, "HELLO\n");
}

TEST_F(AuthPrograms, SayThatTheKeyIsAnotherOne) {
  start_with_key("echo");
  const Outcome outcome = ask_with(other_key_, {"hello"});
  EXPECT_TRUE(outcome.err.ends_with("; has the server the same --auth-key-file and --auth-digest?\n"))
      << outcome.err;
  EXPECT_EQ(outcome.status, 1);
  const std::string log = server_->wait_for_error("\n");
  EXPECT_TRUE(log.starts_with("request from 127.0.0.1:")) << log;
  EXPECT_TRUE(log.ends_with(": authentication failed: a wrong answer\n")) << log;
}

TEST_F(AuthPrograms, DoNotTakeAFileForSentToAServerOfAnotherKey) {
  start_with_key("upload", {"--directory", directory_ / "stored"});
  for (const Argv& words :
       {Argv{key_}, Argv{"put", key_}, Argv{"put", "--resume", key_}, Argv{"get", "key"}, Argv{"ls"}}) {
    const Outcome outcome = ask_with(other_key_, words);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("has the server the same --auth-key-file and --auth-digest?"),
              outcome.err.npos)
        << outcome.err;
    EXPECT_EQ(outcome.status, 1);
  }
}

TEST_F(AuthPrograms, SayThatTheDigestIsAnotherOne) {
  start_with_key("echo", {"--auth-digest", "md5"});
  const Outcome outcome = ask_with_key({"hello"});
  EXPECT_TRUE(outcome.err.ends_with("; has the server the same --auth-key-file and --auth-digest?\n"))
      << outcome.err;
  server_->wait_for_error("authentication failed: a wrong answer\n");
}

TEST_F(AuthPrograms, WaitForAnAnswerAsLongAsTheyAreTold) {
  start_with_key("echo", {"--auth-timeout", "0.1"});
  Program client(client_);  // which says nothing by itself
  server_->wait_for_error(" in time\n");
}

TEST_F(AuthPrograms, SayThatTheServerMayWantAKey) {
  start_with_key("echo");
  expect_error(ask({"hello"}),
               "echo_client: " + where() + " says more than it was asked for; does it want --auth-key-file?");
  for (const std::string service : {"echo", "exec"}) {
    start_with_key(service);
    const Outcome outcome = ask({std::string(100, 'x')});
    EXPECT_TRUE(outcome.err.ends_with("; does the server want --auth-key-file?\n")) << outcome.err;
    EXPECT_EQ(outcome.status, 1);
  }
}

TEST_F(AuthPrograms, SayThatAServerOfFilesOrTimeMayWantAKey) {
  const auto expect_guess = [this](const Argv& words) {
    Outcome outcome;
    const auto guesses = [&] {  // once the challenge has come in time
      outcome = ask(words);
      return outcome.err.find("; does the server want --auth-key-file?\n") != outcome.err.npos;
    };
    EXPECT_TRUE(eventually(guesses)) << outcome.err;
    EXPECT_EQ(outcome.out.find("stored as"), outcome.out.npos) << outcome.out;
    EXPECT_EQ(outcome.status, 1);
  };
  start_with_key("upload", {"--directory", directory_ / "stored", "--auth-timeout", "0.1"});
  for (const Argv& words :
       {Argv{key_}, Argv{"put", key_}, Argv{"put", "--resume", key_}, Argv{"get", "key"}, Argv{"ls"}})
    expect_guess(words);
  start_with_key("time", {"--tcp", "--auth-timeout", "0.1"}, {"--tcp"});
  expect_guess({"%Y"});
  start_with_key("time", {"--tcp"}, {"--tcp", "--timeout", "0.1"});
  expect_guess({"%Y"});
}

TEST_F(AuthPrograms, SayThatTheServerAsksForNoKey) {
  start("echo");
  for (const Argv& options : {Argv{"--timeout", "0.1"}, Argv{"--timeout", "0.1", "--auth-mutual"}})
    expect_error(ask_with_key({"hello"}, options),
                 "echo_client: cannot authenticate to " + where() +
                     ": its challenge did not come in time; perhaps it asks for no key, or we were wrong too "
                     "often");
}

TEST_F(AuthPrograms, SayThatTheOtherSideHasTheOtherForm) {
  start_with_key("echo", {"--auth-mutual"});
  expect_error(ask_with_key({"hello"}),
               "echo_client: cannot authenticate to " + where() + ": it wants the mutual form");
  start_with_key("echo");
  expect_error(
      ask_with_key({"hello"}, {"--auth-mutual"}),
      "echo_client: cannot authenticate to " + where() + ": what it sent is no message of the mutual form");
}

TEST_F(AuthPrograms, TurnAwayWhoIsWrongTooOftenAndLogThatOnce) {
  start_with_key("echo", {"--auth-failures", "1", "--auth-mutual"}, {"--auth-mutual"});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask_with(other_key_, {"hello"}).status, 1);
  EXPECT_TRUE(eventually([&] { return ask_with_key({"hello"}).out == "HELLO\n"; }));
  server_->kill(SIGTERM);
  const std::string log = server_->wait().err;
  EXPECT_NE(log.find("authentication failed: a wrong answer; it failed too often: more are refused\n"),
            log.npos)
      << log;
  EXPECT_EQ(log.find("lately"), log.npos) << log;
}

TEST_F(AuthPrograms, WriteNoKeyAnywhere) {
  start_with_key("echo", {"--log-level", "debug", "--access-log", directory_ / "log"});
  ask_with_key({"hello"});
  ask_with(other_key_, {"hello"});
  server_->kill(SIGTERM);
  const Outcome outcome = server_->wait();
  const std::string all = outcome.out + outcome.err;
  EXPECT_EQ(all.find("secret"), all.npos) << all;
  EXPECT_EQ(all.find("another"), all.npos) << all;
}

TEST_F(AuthPrograms, SayWhatIsWrongWithAKeyFile) {
  write(directory_ / "open", "secret", 0644);
  write(directory_ / "empty", "\n");
  const Argv files{directory_ / "missing", directory_ / "empty", directory_ / "open", directory_.path()};
  const Argv complaints{
      "cannot read the key file " + files[0] + ": No such file or directory",
      "the key file " + files[1] + " is empty",
      "the key file " + files[2] + " can be read or changed by others; to cure it: chmod 600",
      "cannot read the key file " + files[3] + ": Is a directory"};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Argv options{"--port", "1", "--auth-key-file", files[i]};
    for (const std::string program : {"echo_server", "echo_client"}) {
      Argv argv{our_program(program)};
      argv.insert(argv.end(), options.begin(), options.end());
      expect_error(run(argv), program + ": " + complaints[i]);
    }
  }
}

TEST_F(AuthPrograms, RefuseOptionsThatWouldDoNothing) {
  const std::string server = our_program("echo_server"), client = our_program("echo_client");
  for (const std::string name : {"auth-digest", "auth-timeout", "auth-failures"})
    expect_usage_error({server, "--" + name, name == "auth-digest" ? "md5" : "1"},
                       "echo_server: --" + name + " means nothing without --auth-key-file (see --help)");
  expect_usage_error({client, "--auth-mutual"},
                     "echo_client: --auth-mutual means nothing without --auth-key-file (see --help)");
  expect_usage_error({server, "--auth-key-file="}, "echo_server: --auth-key-file: must not be empty");
  const std::string why = ": --auth-key-file is for connections, not for datagrams";
  expect_usage_error({server, "--udp", "--port", "0", "--auth-key-file", key_}, "echo_server" + why);
  expect_usage_error({client, "--udp", "--auth-key-file", key_, "hello"}, "echo_client" + why);
  expect_usage_error({our_program("bench_client"), "--auth-key-file", key_},
                     "bench_client: unknown option --auth-key-file (see --help)");
  expect_usage_error({our_program("http_server"), "--auth-key-file", key_},
                     "http_server: unknown option --auth-key-file (see --help)");
}

}  // namespace
}  // namespace socketserver::testing
