// Authentication with foreign peers: Python over socket and hmac alone, and its multiprocessing.connection.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

class AuthPython : public ::testing::Test {
 protected:
  AuthPython() { write("secret\n"); }
  void SetUp() override {
    if (!python_) GTEST_SKIP() << "python3 is not installed";
  }
  void write(const std::string& key) {
    std::ofstream(key_file_) << key;
    ::chmod(key_file_.c_str(), 0600);
  }
  Argv ours(const std::string& program, const Argv& more) {
    Argv argv{our_program(program), "--auth-key-file", key_file_};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  /// A client of Python's, with another key at the second time. Two models are enough: Python starts slowly,
  /// and how all of them authenticate is tested without it.
  void expect_served(const Argv& server_options, const Argv& script, const std::string& more = {}) {
    for (const std::string model : {"threading", "fiber"}) {
      Argv argv = ours("echo_server", server_options);
      argv.insert(argv.end(), {"--port", "0", "--model", model});
      Program server(argv);
      const std::string port = std::to_string(server.wait_until_listening().port());
      const auto ask = [&](const std::string& key) {
        Argv client{*python_};
        client.insert(client.end(), script.begin(), script.end());
        client.insert(client.end(), {"127.0.0.1", port, key});
        if (!more.empty()) client.push_back(more);
        client.push_back("hello");
        return run(client);
      };
      const Outcome outcome = ask("secret");
      EXPECT_EQ(outcome.out, "HELLO\n") << model << outcome.err;
      wrong_ = ask("wrong");
      server.wait_for_error("authentication failed: a wrong answer\n");
    }
  }
  /// What our client prints.
  std::string ask(const Address& address, const Argv& options) {
    Argv argv = ours("echo_client", options);
    argv.insert(argv.end(), {"--port", std::to_string(address.port()), "hello"});
    const Outcome outcome = run(argv);
    return outcome.out + outcome.err;
  }

  const std::optional<std::string> python_ = find_program("python3");
  TemporaryDirectory directory_;
  const std::string key_file_ = directory_ / "key";
  Outcome wrong_;
};

TEST_F(AuthPython, ClientsWithTheKeyAreServed) {
  const std::string script = test_script("service/auth_client.py");
  expect_served({}, {script}, "sha256");
  EXPECT_EQ(wrong_.out, "\n");
  expect_served({"--auth-digest", "md5"}, {script}, "md5");
}

TEST_F(AuthPython, ServersLetOurClientIn) {
  for (const std::string digest : {"sha256", "md5"}) {
    Program server({*python_, test_script("service/auth_server.py"), "secret", digest});
    const Address address = server.wait_until_listening();
    write("secret");
    EXPECT_EQ(ask(address, {"--auth-digest", digest}), "HELLO\n");
    write("wrong");
    const std::string refused = ask(address, {"--auth-digest", digest});
    EXPECT_NE(refused.find("; has the server the same --auth-key-file and --auth-digest?\n"), refused.npos)
        << refused;
  }
}

TEST_F(AuthPython, MultiprocessingClientsAreServed) {
  for (const std::string form : {"own", "new"}) {
    expect_served({"--auth-mutual"}, {test_script("service/mutual_auth_client.py"), form});
    EXPECT_EQ(wrong_.err, "AuthenticationError: digest sent was rejected\n");
  }
}

TEST_F(AuthPython, MultiprocessingClientsAreServedWithMd5) {
  expect_served({"--auth-mutual", "--auth-digest", "md5"},
                {test_script("service/mutual_auth_client.py"), "own"});
}

TEST_F(AuthPython, MultiprocessingListenersLetOurClientIn) {
  for (const std::string form : {"own", "new"}) {
    Program server({*python_, test_script("service/mutual_auth_server.py"), form, "secret"});
    const Address address = server.wait_until_listening();
    write("secret");
    EXPECT_EQ(ask(address, {"--auth-mutual"}), "HELLO\n");
    write("wrong");
    EXPECT_EQ(ask(address, {"--auth-mutual"}), "echo_client: cannot authenticate to " + address.to_string() +
                                                   ": it does not accept our answer: it has another "
                                                   "key\n");
    server.wait_for_output("AuthenticationError: digest received was wrong\n");
  }
}

}  // namespace
}  // namespace socketserver::testing
