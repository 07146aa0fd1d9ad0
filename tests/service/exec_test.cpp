// The exec service: every framing, in every model, over every transport; and peers that do not keep to it.
#include "socketserver/service/exec.hpp"

#include <signal.h>

#include <fstream>

#include "service/service_programs.hpp"
#include "socketserver/json/json.hpp"
#include "socketserver/service/exec_client.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr const char* kFramings[] = {"raw", "ready", "length", "json"};

class Exec : public ServicePrograms {
 protected:
  void start_exec(std::vector<std::string> options = {}) { start("exec_server", std::move(options)); }
  /// What a client sends and gets, as bytes.
  std::string exchange(const std::string& bytes) {
    Socket client = connect();
    client.sendall(bytes);
    client.shutdown(SHUT_WR);
    return read_all(client);
  }
  /// The number in the file, once a command has written it there.
  pid_t pid_in(const std::string& path) {
    pid_t pid = 0;
    EXPECT_TRUE(eventually([&] { return static_cast<bool>(std::ifstream(path) >> pid); }));
    return pid;
  }
  static void expect_gone(pid_t process) {
    EXPECT_TRUE(eventually([&] { return has_ended(process); })) << process;
  }
  TemporaryDirectory scratch_;
};

TEST_P(Exec, AnswersManyCommandsOnAConnectionInEveryFraming) {
  for (const std::string framing : kFramings) {
    start_exec({"--framing", framing});
    Socket socket = connect();
    ExecClient client(socket, exec_framing(framing));
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(client.run("echo " + std::to_string(i)).data, std::to_string(i) + "\n") << framing;
    EXPECT_EQ(client.run("echo oops >&2").data + client.run("printf x").data,
              framing == "json" ? "x" : "oops\nx");
  }
}

TEST_P(Exec, JsonTellsTheStatusToOldClientsToo) {
  start_exec();
  EXPECT_EQ(exchange("echo hi; exit 3"), frame(R"({"data_size": 3, "status": 3})") + "hi\n");
  EXPECT_EQ(exchange("kill -9 $$"), frame(R"({"data_size": 0, "signal": 9})"));
  EXPECT_EQ(exchange("echo out; echo err >&2"), frame(R"({"data_size": 4, "status": 0})") + "err\n");
}

TEST_P(Exec, JsonKeepsTheStreamsApartForThoseWhoAsk) {
  start_exec();
  Socket socket = connect();
  const ExecAnswer answer = ExecClient(socket, ExecFraming::kJson).run("echo out; echo err >&2; exit 4");
  EXPECT_EQ(answer.data, "out\n");
  EXPECT_EQ(answer.errors, "err\n");
  EXPECT_EQ(answer.status, 4);
  EXPECT_FALSE(answer.signal);
}

TEST_P(Exec, FramesHaveTheBytesOfTheProtocol) {
  start_exec({"--framing", "length"});
  EXPECT_EQ(exchange("echo out; echo err >&2"), "\4\0\0\0err\n"s);
  EXPECT_EQ(exchange("true"), "\0\0\0\0"s);
  start_exec({"--framing", "raw"});
  EXPECT_EQ(exchange("echo out; echo err >&2"), "err\nout\n");
  EXPECT_EQ(exchange("true"), "");
  start_exec({"--framing", "ready"});
  Socket client = connect();
  client.sendall("printf 0123456789");
  EXPECT_EQ(client.recv(100), "10");
  client.sendall("recv_ready");
  EXPECT_EQ(client.recv(100), "0123456789");
  client.sendall("true");
  EXPECT_EQ(client.recv(100), "0");
}

TEST_P(Exec, ReadyEndsForWhoeverSaysSomethingElse) {
  start_exec({"--framing", "ready"});
  for (const std::string said : {"", "recv_readx", "no", "recv_"}) {
    Socket client = connect();
    client.sendall("echo secret");
    EXPECT_EQ(client.recv(100), "7");
    if (!said.empty()) client.sendall(said);
    client.shutdown(SHUT_WR);
    try {
      EXPECT_EQ(read_all(client), "") << said;
    } catch (const ConnectionResetError&) {  // the server closed with something unread
    }
  }
}

TEST_P(Exec, WhatIsNoCommandIsRefused) {
  start_exec({"--framing", "length"});
  EXPECT_EQ(exchange("echo \xff"), frame("exec: the command is not UTF-8\n"));
  EXPECT_EQ(exchange("echo a\0b"s), frame("exec: the command holds a NUL byte\n"));
}

TEST_P(Exec, ACommandMayBeAsLongAsARequest) {
  start_exec({"--framing", "length"});
  EXPECT_EQ(exchange("echo " + std::string(kExecRequestSize - 5, 'x')),
            frame(std::string(kExecRequestSize - 5, 'x') + "\n"));
  Socket client = connect();
  client.sendall("echo " + std::string(kExecRequestSize, 'x'));
  const std::string refusal = frame("exec: a command has at most 1024 bytes\n");
  EXPECT_EQ(Reader(client).read_exactly(refusal.size()), refusal);
}

TEST_P(Exec, LimitsEndACommandAndTheConnectionGoesOn) {
  start_exec({"--command-timeout", "1", "--max-output", "100000"});
  Socket socket = connect();
  ExecClient client(socket, ExecFraming::kJson);
  const ExecAnswer slow = client.run("echo begun; sleep 1000");
  EXPECT_TRUE(slow.timed_out);
  EXPECT_EQ(slow.data, "begun\n");
  EXPECT_EQ(slow.signal, SIGKILL);
  const ExecAnswer endless = client.run("yes");
  EXPECT_TRUE(endless.truncated);
  EXPECT_EQ(endless.data.size(), 100'000u);
  EXPECT_EQ(client.run("sleep 1000 & echo done").data, "done\n");
  EXPECT_EQ(client.run("cat; echo nothing to read").data, "nothing to read\n");
}

TEST_P(Exec, ACommandGoesWithItsClient) {
  start_exec();
  Socket client = connect();
  client.sendall("echo $$ > " + scratch_ / "pid; sleep 1000");
  const pid_t command = pid_in(scratch_ / "pid");
  // Closing with something unread resets; a Unix socket tells of a close at once.
  const linger reset{1, 0};
  client.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&reset), sizeof reset});
  client.close();
  expect_gone(command);
  EXPECT_EQ(exchange("true"), frame(R"({"data_size": 0, "status": 0})"));
}

TEST_P(Exec, ACommandGoesWithItsServer) {
  start_exec({"--drain-timeout", "0.1"});
  Socket client = connect();
  client.sendall("echo $$ > " + scratch_ / "pid; sleep 1000");
  const pid_t command = pid_in(scratch_ / "pid");
  server().kill(SIGTERM);
  EXPECT_EQ(server().wait().status, 0);
  expect_gone(command);
}

INSTANTIATE_TEST_SUITE_P(AllModels, Exec, ::testing::ValuesIn(cases(kAllModels, {"ipv4"}, {"unix"})),
                         name_of_case);

// Each of its bytes was in time.
TEST(ExecReady, EndsForWhoeverSaysItByteByByte) {
  ExecOptions options;
  options.framing = ExecFraming::kReady;
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0), handler<ExecHandler>(options));
  serving.server().deadlines.read = 100ms;
  serving.start();
  const auto is_cut_off = [&] {
    Socket client = serving.connect();
    client.sendall("echo secret");
    EXPECT_EQ(client.recv(100), "7");
    try {
      for (const char& byte : kExecReady) {
        if (wait_readable(client.fileno(), Deadline::after(15ms))) break;
        client.sendall({&byte, 1});
      }
      return client.recv(100).empty();
    } catch (const ConnectionError&) {
      return true;
    }
  };
  EXPECT_TRUE(eventually(is_cut_off));  // a server that was not scheduled meanwhile hears it all at once
}

// ---- over a connection that something wraps ----

/// Has taken all there is from the descriptor before anybody asks, as what encrypts does.
class ReadsAhead : public Socket {
 public:
  explicit ReadsAhead(Socket&& plain) : Socket(std::move(plain)) {}
  std::size_t recv_into(std::span<char> buffer, int) override {
    if (taken_.empty()) {
      taken_.resize(100'000);
      taken_.resize(Socket::recv_into(taken_, 0));
    }
    const std::size_t size = taken_.copy(buffer.data(), buffer.size());
    taken_.erase(0, size);
    return size;
  }

 private:
  std::string taken_;
};

struct WrappingServer : ThreadingTCPServer {
  using ThreadingTCPServer::ThreadingTCPServer;
  ~WrappingServer() override { server_close(); }
  void prepare_request(Request& request, const Address&) override {
    request.wrap([](Socket&& plain) { return std::make_unique<ReadsAhead>(std::move(plain)); });
  }
};

// The beginning was run, and its rest taken for the next one.
TEST(ExecWrapped, RunsNothingOfACommandThatIsTooLong) {
  ExecOptions options;
  options.framing = ExecFraming::kLength;
  Serving<WrappingServer> serving(Address("127.0.0.1", 0), handler<ExecHandler>(options));
  Socket client = serving.start().connect();
  client.sendall("echo " + std::string(kExecRequestSize, 'x'));
  client.shutdown(SHUT_WR);
  EXPECT_EQ(read_all(client), frame("exec: a command has at most 1024 bytes\n"));
}

// ---- the client, and servers that do not keep to the protocol ----

/// Answers whatever it is asked with some bytes, and ends.
class ExecLies : public ::testing::Test {
 protected:
  ExecAnswer ask(ExecFraming framing, const std::string& lie) {
    Serving<ThreadingTCPServer> liar(
        Address("127.0.0.1", 0),
        [lie](Request& request, const Address&, BaseServer&) { request.recv(1024), request.sendall(lie); });
    Socket socket = liar.start().connect();
    return ExecClient(socket, framing).run("echo");
  }
};

TEST_F(ExecLies, AboutLengthsAreToldFromAnswers) {
  for (const std::string& length : {"\xff\xff\xff\xff"s, "\xff\xff\xff\x7f"s})
    EXPECT_THROW(ask(ExecFraming::kLength, length + "data"), FramingError);
  for (const std::string digits : {"-1", "99999999999", "99999999999999999999", "ten", "1 ", "0x10"})
    EXPECT_THROW(ask(ExecFraming::kReady, digits), FramingError) << digits;
  EXPECT_THROW(ask(ExecFraming::kJson, "\xff\xff\xff\xff"), FramingError);
}

TEST_F(ExecLies, InTheHeaderAreToldFromAnswers) {
  for (const std::string header : {"", "{", "[]", "{}", R"({"data_size": "3"})", R"({"data_size": 1.5})",
                                   R"({"data_size": 3, "status": []})"})
    EXPECT_THROW(ask(ExecFraming::kJson, frame(header) + "abc"), JsonError) << header;
  for (const std::string header :
       {R"({"data_size": -1})", R"({"data_size": 99999999999})", R"({"data_size": 3, "stderr_size": 4})"})
    EXPECT_THROW(ask(ExecFraming::kJson, frame(header) + "abc"), FramingError) << header;
}

TEST_F(ExecLies, ByEndingTooEarlyAreToldFromAnswers) {
  EXPECT_THROW(ask(ExecFraming::kLength, ""), EOFError);
  EXPECT_THROW(ask(ExecFraming::kLength, "\4\0\0\0abc"s), EOFError);
  EXPECT_THROW(ask(ExecFraming::kReady, ""), EOFError);
  EXPECT_THROW(ask(ExecFraming::kRaw, ""), EOFError);
  EXPECT_THROW(ask(ExecFraming::kJson, frame(R"({"data_size": 4})") + "abc"), EOFError);
  EXPECT_THROW(ask(ExecFraming::kJson, "\4\0"s), EOFError);
}

TEST_F(ExecLies, ByOmissionAreAnOldServers) {
  const ExecAnswer answer = ask(ExecFraming::kJson, frame(R"({"data_size": 3, "what": null})") + "abc");
  EXPECT_EQ(answer.data, "abc");
  EXPECT_FALSE(answer.status || answer.signal || answer.timed_out || answer.truncated);
}

TEST(ExecClientTest, TakesNoCommandThatNoServerCouldRead) {
  Socket nowhere;
  EXPECT_THROW(ExecClient(nowhere, ExecFraming::kLength).run(""), std::invalid_argument);
  EXPECT_THROW(ExecClient(nowhere, ExecFraming::kLength).run(std::string(1025, 'x')), std::length_error);
}

TEST(ExecFramingNames, AreFour) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(exec_framing(kFramings[i]), static_cast<ExecFraming>(i));
  EXPECT_THROW(exec_framing("JSON"), std::invalid_argument);
}

}  // namespace
}  // namespace socketserver::testing
