// http_server and its options.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "http/http_client.hpp"
#include "support/models.hpp"
#include "support/program.hpp"

namespace socketserver::testing {
namespace {

using Words = std::vector<std::string>;

class HttpServerProgram : public ::testing::Test {
 protected:
  HttpServerProgram() {
    std::filesystem::create_directory(directory_ / "www");
    std::ofstream(directory_ / "www/a.txt") << "hello";
    std::ofstream(directory_ / "outside") << "outside";
    std::filesystem::create_symlink("../outside", directory_ / "www/link");
  }
  void start(const Words& options) {
    Words argv{our_program("http_server"), "--port", "0", directory_ / "www"};
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  Program& server() { return *server_; }
  const Address& address() const { return address_; }
  std::string beside(const std::string& name) const { return directory_ / name; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

TEST_F(HttpServerProgram, TakesOneDirectory) {
  const Outcome two = run({our_program("http_server"), "a", "b"});
  EXPECT_EQ(two.err, "http_server: takes one directory (see --help)\n");
  EXPECT_EQ(two.status, 2);
  const Outcome port = run({our_program("http_server"), "80000000"});
  EXPECT_EQ(port.err, "http_server: there is no directory 80000000; a port is given by --port 80000000\n");
  EXPECT_EQ(port.status, 2);
  const Outcome none = run({our_program("http_server"), beside("none")});
  EXPECT_EQ(none.err, "http_server: open the directory " + beside("none") + ": No such file or directory\n");
  EXPECT_EQ(none.status, 1);
}

TEST_F(HttpServerProgram, TakesTheOptionsOfPythons) {
  Program server({our_program("http_server"), "--port", "0", "-d", beside("www"), "--bind", "[::1]"});
  const Address address = server.wait_until_listening();
  EXPECT_EQ(address.host(), "::1");
  EXPECT_EQ(HttpClient(address).get("/a.txt").body, "hello");
  const Outcome both = run({our_program("http_server"), "--directory", "a", "b"});
  EXPECT_EQ(both.err, "http_server: takes one directory: a or b\n");
  EXPECT_EQ(both.status, 2);
}

TEST_F(HttpServerProgram, LogsAnIPv4ClientAsSuchWhereverItListens) {
  start({"--host", "*"});
  EXPECT_EQ(HttpClient(Address("127.0.0.1", address().port())).get("/a.txt").status, 200);
  server().wait_for_error("127.0.0.1 - - [");
  server().kill(SIGTERM);
  EXPECT_TRUE(server().wait().err.starts_with("127.0.0.1 - - ["));
}

TEST_F(HttpServerProgram, LogsEachRequestUnlessAskedNotTo) {
  start({});
  EXPECT_EQ(HttpClient(address()).get("/a.txt").body, "hello");
  server().wait_for_error("] \"GET /a.txt HTTP/1.1\" 200 5\n");
  start({"--log-level", "warning"});
  EXPECT_EQ(HttpClient(address()).get("/a.txt").body, "hello");
  server().kill(SIGTERM);
  EXPECT_EQ(server().wait().err, "");
}

TEST_F(HttpServerProgram, FollowsLinksOnlyIfAskedTo) {
  start({});
  EXPECT_EQ(HttpClient(address()).get("/link").status, 404);
  start({"--follow-links"});
  EXPECT_EQ(HttpClient(address()).get("/link").body, "outside");
}

TEST_F(HttpServerProgram, RefusesByAnAnswer) {
  start({"--max-connections", "1", "--when-full", "refuse"});
  HttpClient first(address());
  EXPECT_EQ(first.get("/a.txt").status, 200);
  EXPECT_EQ(HttpClient(address()).read().status, 503);
}

// Connections that used up all descriptors once left none for files: everybody was told 503.
TEST_F(HttpServerProgram, KeepsDescriptorsForFiles) {
  for (const char* model : {"threading", "thread-pool", "fiber"}) {
    Program server({"/bin/sh", "-c", "ulimit -n 100; exec \"$@\"", "sh", our_program("http_server"), "--port",
                    "0", "--model", model, "--max-connections", "1000", beside("www")});
    const Address address = server.wait_until_listening();
    server.wait_for_error("--max-connections: there is room for 37, each with a file (ulimit -n 100)\n");
    HttpClient first(address);
    EXPECT_EQ(first.get("/a.txt").status, 200);
    std::vector<Socket> silent;
    for (int i = 0; i < 120; ++i) silent.push_back(create_connection(address, kWatchdog));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(first.get("/a.txt").status, 200) << model;
  }
}

TEST_F(HttpServerProgram, EndsSlowRequests) {
  start({"--head-timeout", "0.1"});
  HttpClient client(address());
  client.send("GET /a.txt HTTP/1.1\r\n");
  EXPECT_EQ(client.read().status, 408);
}

TEST_F(HttpServerProgram, ServesOverAUnixSocket) {
  const std::string path = beside("socket");
  Program server({our_program("http_server"), "--unix", path, beside("www")});
  EXPECT_EQ(HttpClient(server.wait_until_listening()).get("/a.txt").body, "hello");
  server.wait_for_error("unix - - [");
}

/// Parameter: the model.
class HttpServerStops : public HttpServerProgram, public ::testing::WithParamInterface<std::string> {};

TEST_P(HttpServerStops, WithoutWaitingForIdleClients) {
  start({"--model", GetParam(), "--drain-timeout", "none"});
  HttpClient client(address());
  EXPECT_EQ(client.get("/a.txt").status, 200);
  server().kill(SIGINT);
  EXPECT_EQ(server().wait().status, 0);
}

INSTANTIATE_TEST_SUITE_P(Models, HttpServerStops, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
