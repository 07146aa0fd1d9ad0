// What programs say when something is wrong: one line on standard error, and an exit status.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/models.hpp"
#include "common/options.hpp"
#include "socketserver/socketserver.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

/// Runs one of our programs and expects it to say nothing but one line.
void expect_error(Argv argv, int status, const std::string& line) {
  const std::string program = argv[0];
  argv[0] = our_program(program);
  const Outcome outcome = run(argv);
  EXPECT_EQ(outcome.err, program + ": " + line + "\n");
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.status, status);
}

// What the reason is depends on whether there is a name server to ask.
TEST(UnknownHost, IsNamed) {
  const Outcome server = run({our_program("echo_server"), "--host", "name.invalid", "--port", "1"});
  EXPECT_TRUE(server.err.starts_with("echo_server: cannot listen on name.invalid:1: ")) << server.err;
  EXPECT_EQ(server.err.find('\n'), server.err.size() - 1);
  EXPECT_EQ(server.status, 1);
  const Outcome client = run({our_program("time_client"), "--host", "name.invalid", "--port", "1", "x"});
  EXPECT_TRUE(client.err.starts_with("time_client: cannot connect to name.invalid:1: ")) << client.err;
  EXPECT_EQ(client.err.find('\n'), client.err.size() - 1);
  EXPECT_EQ(client.status, 1);
}

class EveryProgram : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryProgram, ExplainsItself) {
  const Outcome help = run({our_program(GetParam()), "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  EXPECT_TRUE(help.out.starts_with("Usage: " + GetParam() + " ")) << help.out;
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST_P(EveryProgram, KnowsWhatItDoesNotKnow) {
  expect_error({GetParam(), "--prot", "80"}, 2, "unknown option --prot (see --help)");
  expect_error({GetParam(), "--port"}, 2, "--port lacks its value (see --help)");
  expect_error({GetParam(), "--port", "http"}, 2, "--port: 'http' is not a whole number");
  expect_error({GetParam(), "--unix="}, 2, "--unix: must not be empty");
  expect_error({GetParam(), "--host="}, 2, "--host: must not be empty");
  expect_error({GetParam(), "--unix=a", "--host=b"}, 2,
               "--unix does not go together with --host (see --help)");
}

TEST_P(EveryProgram, NoticesThatNobodyTakesItsOutput) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is missing";
  const Outcome outcome = run({"/bin/sh", "-c", our_program(GetParam()) + " --help > /dev/full"});
  EXPECT_EQ(outcome.err, GetParam() + ": cannot write to standard output\n");
  EXPECT_EQ(outcome.status, 1);
}

INSTANTIATE_TEST_SUITE_P(Programs, EveryProgram,
                         ::testing::Values("echo_server", "echo_client", "time_server", "time_client",
                                           "exec_server", "exec_client", "upload_server", "upload_client",
                                           "http_server", "bench_client"),
                         [](const auto& one) { return one.param; });

class EveryServer : public ::testing::TestWithParam<std::string> {
 protected:
  TemporaryDirectory directory_;
};

TEST_P(EveryServer, TakesNoBadPortNorModelNorArgument) {
  expect_error({GetParam(), "--port", "70000"}, 2, "--port: 70000 is not in 0..65535");
  expect_error({GetParam(), "--model", "fast"}, 2,
               "--model: 'fast' is none of " + apps::joined(apps::model_names(), ", "));
  expect_error({GetParam(), "--model", "threading", "--workers", "3"}, 2,
               "--workers: the model has no fixed number of them");
  expect_error({GetParam(), "--max-per-source", "-1"}, 2, "--max-per-source: -1 is not in 0..1000000");
  expect_error({GetParam(), "--when-full", "queue"}, 2, "--when-full: 'queue' is none of wait, refuse");
  expect_error({GetParam(), "8000"}, 2, "takes no arguments (see --help)");
}

TEST_P(EveryServer, SaysWhatItCannotListenOn) {
  const std::string path = directory_ / "missing/socket";
  expect_error({GetParam(), "--unix", path}, 1,
               "cannot listen on unix:" + path + ": No such file or directory");
  // A network for documentation (RFC 5737): the address of no machine.
  expect_error({GetParam(), "--host", "192.0.2.1", "--port", "1"}, 1,
               "cannot listen on 192.0.2.1:1: Cannot assign requested address");
}

TEST_P(EveryServer, SaysThatAPathIsTooLong) {
  const std::string path(200, 'x');
  expect_error({GetParam(), "--unix", path}, 1,
               "cannot listen: the path of a Unix socket is longer than 107 bytes: " + path);
}

TEST_P(EveryServer, SaysThatTheAddressIsInUse) {
  Program first({our_program(GetParam()), "--port", "0"});
  const std::string port = std::to_string(first.wait_until_listening().port());
  expect_error({GetParam(), "--port", port}, 1,
               "cannot listen on 127.0.0.1:" + port + ": Address already in use");
}

TEST_P(EveryServer, TakesNoPathFromALivingServerAndNoFile) {
  const std::string path = directory_ / "socket", file = directory_ / "file";
  Program first({our_program(GetParam()), "--unix", path});
  first.wait_until_listening();
  expect_error({GetParam(), "--unix", path}, 1, "cannot listen on unix:" + path + ": Address already in use");
  std::ofstream(file) << "precious";
  expect_error({GetParam(), "--unix", file}, 1, "cannot listen on unix:" + file + ": Address already in use");
  EXPECT_EQ(std::filesystem::file_size(file), 8u);
}

TEST_P(EveryServer, SaysThatItHasNoPermission) {
  const std::string path = directory_ / "socket";
  Argv argv{our_program(GetParam()), "--unix", path};
  if (::geteuid() == 0) {  // who may do everything; nobody may not
    const auto setpriv = find_program("setpriv");
    if (!setpriv) GTEST_SKIP() << "root may do everything, and setpriv is not installed";
    argv.insert(argv.begin(), {*setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"});
    Argv probe(argv.begin(), argv.end() - 2);
    probe.push_back("--help");
    if (run(probe).status != 0) GTEST_SKIP() << "the user nobody cannot run the program";
  } else {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_read);
  }
  const Outcome outcome = run(argv);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(outcome.err, GetParam() + ": cannot listen on unix:" + path + ": Permission denied\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_P(EveryServer, IsNoServerIfNobodyLearnsWhereItListens) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is missing";
  const Outcome outcome = run({"/bin/sh", "-c", our_program(GetParam()) + " --port 0 > /dev/full"});
  EXPECT_EQ(outcome.err, GetParam() + ": cannot write to standard output where it listens\n");
  EXPECT_EQ(outcome.status, 1);
}

INSTANTIATE_TEST_SUITE_P(Programs, EveryServer, ::testing::Values("echo_server", "time_server"),
                         [](const auto& one) { return one.param; });

TEST(EchoServerOptions, OnceIsForConnections) {
  expect_error({"echo_server", "--udp", "--mode", "once"}, 2,
               "--mode once is for connections, not for --udp");
  expect_error({"echo_client", "--udp", "--mode", "once", "x"}, 2,
               "--mode once is for connections, not for --udp");
}

TEST(ClientErrors, NameTheServerThatCannotBeReached) {
  Socket unused = Socket::tcp();  // bound, so that nobody else gets the port, but it does not listen
  unused.bind({"127.0.0.1", 0});
  const std::string port = std::to_string(unused.getsockname().port());
  expect_error({"echo_client", "--port", port, "x"}, 1,
               "cannot connect to 127.0.0.1:" + port + ": Connection refused");
  expect_error({"time_client", "--tcp", "--port", port, "x"}, 1,
               "cannot connect to 127.0.0.1:" + port + ": Connection refused");
  expect_error({"echo_client", "--host", "::1", "--port", port, "x"}, 1,
               "cannot connect to [::1]:" + port + ": Connection refused");
  expect_error({"echo_client", "--unix", "/nowhere/socket", "x"}, 1,
               "cannot connect to unix:/nowhere/socket: No such file or directory");
  expect_error({"time_client", "--unix", "/nowhere/socket", "x"}, 1,
               "cannot connect to unix:/nowhere/socket: No such file or directory");
  const std::string path(200, 'x');
  expect_error({"echo_client", "--unix", path, "x"}, 1,
               "the path of a Unix socket is longer than 107 bytes: " + path);
  expect_error({"echo_client", "--port", "0"}, 2, "--port: 0 is not in 1..65535");
}

TEST(ClientErrors, NameTheServerThatGivesNoAnswer) {
  Socket mute = Socket::udp();
  mute.bind({"127.0.0.1", 0});
  const std::string where = mute.getsockname().to_string();
  const std::string port = std::to_string(mute.getsockname().port());
  for (const Argv& argv : {Argv{"echo_client", "--udp"}, Argv{"time_client"}}) {
    Argv all = argv;
    all.insert(all.end(), {"--port", port, "--timeout", "0.05", "x"});
    expect_error(all, 1, "no answer from " + where + ": Connection timed out");
  }
  Socket listening = Socket::tcp();
  listening.bind({"127.0.0.1", 0});
  listening.listen();
  expect_error(
      {"echo_client", "--port", std::to_string(listening.getsockname().port()), "--timeout", "0.05", "x"}, 1,
      "no answer from " + listening.getsockname().to_string() + ": Connection timed out");
}

}  // namespace
}  // namespace socketserver::testing
