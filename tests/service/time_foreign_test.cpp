// Time with foreign peers: Python programs over socket alone.
#include <gtest/gtest.h>

#include "support/models.hpp"
#include "support/program.hpp"

namespace socketserver::testing {
namespace {

/// Parameter: "udp" or "tcp".
class TimePython : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!python_) GTEST_SKIP() << "python3 is not installed";
  }
  static std::vector<std::string> ours(const std::string& program, const std::string& port) {
    std::vector<std::string> argv{our_program(program), "--port", port};
    if (GetParam() == "tcp") argv.push_back("--tcp");
    return argv;
  }
  const std::optional<std::string> python_ = find_program("python3");
};

TEST_P(TimePython, ClientsAreServedInEveryModel) {
  for (const std::string& model : kAllModels) {
    std::vector<std::string> argv = ours("time_server", "0");
    argv.insert(argv.end(), {"--model", model});
    Program server(argv, {"TZ=ABC-5:30"});
    const std::string port = std::to_string(server.wait_until_listening().port());
    const Outcome client =
        run({*python_, test_script("service/time_client.py"), GetParam(), "127.0.0.1", port, "%Z %z", "ä%"});
    EXPECT_EQ(client.out, "ABC +0530\nä%\n") << model;
    EXPECT_EQ(client.status, 0) << client.err;
  }
}

TEST_P(TimePython, ServersServeOurClient) {
  Program server({*python_, test_script("service/time_server.py"), GetParam()}, {"TZ=ABC-5:30"});
  std::vector<std::string> argv = ours("time_client", std::to_string(server.wait_until_listening().port()));
  const Outcome piped = run(argv, "%Z %z\n\n");
  EXPECT_EQ(piped.out.substr(0, 12), "ABC +0530\n20");
  EXPECT_EQ(piped.status, 0) << piped.err;
  argv.insert(argv.end(), {"in", "%Z"});
  EXPECT_EQ(run(argv).out, "in ABC\n");
}

INSTANTIATE_TEST_SUITE_P(BothTransports, TimePython, ::testing::Values("udp", "tcp"),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
