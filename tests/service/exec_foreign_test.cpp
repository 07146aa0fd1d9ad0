// Exec with foreign peers: Python programs over socket, struct and json alone, and nc.
#include <gtest/gtest.h>

#include "support/models.hpp"
#include "support/program.hpp"

namespace socketserver::testing {
namespace {

/// Parameter: the framing.
class ExecPython : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!python_) GTEST_SKIP() << "python3 is not installed";
  }
  const std::optional<std::string> python_ = find_program("python3");
};

TEST_P(ExecPython, ClientsAreServedInEveryModel) {
  for (const std::string& model : kAllModels) {
    Program server({our_program("exec_server"), "--port", "0", "--framing", GetParam(), "--model", model});
    const std::string port = std::to_string(server.wait_until_listening().port());
    const Outcome client = run({*python_, test_script("service/exec_client.py"), GetParam(), "127.0.0.1",
                                port, "echo 计算机", "ls /no-such-directory 2>&1", "echo oops >&2"});
    EXPECT_TRUE(client.out.starts_with("计算机\n")) << client.out;
    EXPECT_NE(client.out.find("/no-such-directory"), std::string::npos) << client.out;
    EXPECT_TRUE(client.out.ends_with("oops\n")) << client.out;
    EXPECT_EQ(client.status, 0) << client.err;
  }
}

TEST_P(ExecPython, ServersServeOurClient) {
  Program server({*python_, test_script("service/exec_server.py"), GetParam()});
  const std::string port = std::to_string(server.wait_until_listening().port());
  const Outcome client = run({our_program("exec_client"), "--port", port, "--framing", GetParam()},
                             "echo 计算机\nls /no-such-directory 2>&1\n");
  EXPECT_TRUE(client.out.starts_with("计算机\n")) << client.out;
  EXPECT_NE(client.out.find("/no-such-directory"), std::string::npos) << client.out;
  EXPECT_EQ(client.err, "");
  EXPECT_EQ(client.status, 0);
}

// An old server runs the comment that asks for more as what it is, and tells no status.
TEST_P(ExecPython, ServersAnswerLongOutputsWhole) {
  if (GetParam() == "raw") return;  // nothing tells where such an answer ends
  Program server({*python_, test_script("service/exec_server.py"), GetParam()});
  const std::string port = std::to_string(server.wait_until_listening().port());
  const Outcome client = run({our_program("exec_client"), "--port", port, "--framing", GetParam(), "--",
                              "head -c 1000000 /dev/zero | tr '\\0' x"});
  EXPECT_EQ(client.out.size(), 1'000'000u);
  EXPECT_EQ(client.out.find_first_not_of('x'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Framings, ExecPython, ::testing::Values("raw", "ready", "length", "json"),
                         [](const auto& one) { return name_of(one.param); });

TEST(ExecNetcat, ShowsRawAnswers) {
  const auto nc = find_program("nc");
  if (!nc) GTEST_SKIP() << "nc is not installed";
  Program server({our_program("exec_server"), "--port", "0", "--framing", "raw"});
  Program client({*nc, "127.0.0.1", std::to_string(server.wait_until_listening().port())});
  client.write("echo hello\n");
  client.wait_for_output("hello\n");
  client.write("echo oops >&2; echo fine\n");
  client.wait_for_output("oops\nfine\n");
}

}  // namespace
}  // namespace socketserver::testing
