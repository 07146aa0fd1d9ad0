// Echo with foreign peers: Python programs over socket alone, and nc.
#include <gtest/gtest.h>
#include <signal.h>

#include "support/models.hpp"
#include "support/program.hpp"

namespace socketserver::testing {
namespace {

std::string port_of(const Address& address) { return std::to_string(address.port()); }

/// One form on both sides, and what it makes of two words.
struct Form {
  const char* name;
  std::vector<std::string> options;  // of our programs
  const char* python_client;
  const char* python_server;
  const char* answers;
  friend void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }
};

const Form kForms[] = {
    {"upper", {}, "upper", "upper", "HELLO ÄB\nEGG\n"},
    {"once", {"--mode", "once"}, "once", "once", "HELLO ÄB\nEGG\n"},
    {"verbatim", {"--mode", "verbatim"}, "verbatim", "verbatim", "hello Äb\nEgg\n"},
    {"hello", {"--mode", "hello"}, "hello", "hello", "hi\nhi\n"},
    {"udp", {"--udp"}, "udp", "udp", "HELLO ÄB\nEGG\n"},
    {"udp_verbatim", {"--udp", "--mode", "verbatim"}, "udp", "udp-verbatim", "hello Äb\nEgg\n"},
    {"udp_hello", {"--udp", "--mode", "hello"}, "udp", "udp-hello", "hi\nhi\n"},
};

class EchoPython : public ::testing::TestWithParam<Form> {
 protected:
  void SetUp() override {
    if (!python_) GTEST_SKIP() << "python3 is not installed";
  }
  const std::optional<std::string> python_ = find_program("python3");
};

TEST_P(EchoPython, ClientsAreServedInEveryModel) {
  for (const std::string& model : kAllModels) {
    std::vector<std::string> argv{our_program("echo_server"), "--port", "0", "--model", model};
    argv.insert(argv.end(), GetParam().options.begin(), GetParam().options.end());
    Program server(argv);
    const Address address = server.wait_until_listening();
    const Outcome client = run({*python_, test_script("service/echo_client.py"), GetParam().python_client,
                                "127.0.0.1", port_of(address), "hello Äb", "Egg"});
    EXPECT_EQ(client.out, GetParam().answers) << model;
    EXPECT_EQ(client.status, 0) << client.err;
    server.kill(SIGINT);
    EXPECT_EQ(server.wait().status, 0);
  }
}

TEST_P(EchoPython, ServersServeOurClient) {
  Program server({*python_, test_script("service/echo_server.py"), GetParam().python_server});
  const Address address = server.wait_until_listening();
  std::vector<std::string> argv{our_program("echo_client"), "--port", port_of(address)};
  argv.insert(argv.end(), GetParam().options.begin(), GetParam().options.end());
  const Outcome client = run(argv, "hello Äb\nEgg\n");
  EXPECT_EQ(client.out, GetParam().answers);
  EXPECT_EQ(client.err, "");
  EXPECT_EQ(client.status, 0);
}

INSTANTIATE_TEST_SUITE_P(AllForms, EchoPython, ::testing::ValuesIn(kForms),
                         [](const auto& one) { return one.param.name; });

class EchoNetcat : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!nc_) GTEST_SKIP() << "nc is not installed";
  }
  const std::optional<std::string> nc_ = find_program("nc");
};

TEST_P(EchoNetcat, SpeaksWithTheServer) {
  Program server({our_program("echo_server"), "--port", "0", "--model", GetParam()});
  Program nc({*nc_, "127.0.0.1", port_of(server.wait_until_listening())});
  nc.write("hello\n");
  nc.wait_for_output("HELLO\n");
  nc.write("egg\n");
  nc.wait_for_output("EGG\n");
}

TEST_P(EchoNetcat, SpeaksWithTheServerByDatagrams) {
  Program server({our_program("echo_server"), "--port", "0", "--udp", "--model", GetParam()});
  Program nc({*nc_, "-u", "127.0.0.1", port_of(server.wait_until_listening())});
  nc.write("hello\n");
  nc.wait_for_output("HELLO\n");
}

INSTANTIATE_TEST_SUITE_P(AllModels, EchoNetcat, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
