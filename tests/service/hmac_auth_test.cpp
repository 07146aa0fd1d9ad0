// Authentication around the bundled handlers, and around what handler<H>() makes.
#include "socketserver/service/hmac_auth.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/service/exec_client.hpp"
#include "socketserver/service/time.hpp"
#include "socketserver/service/upload.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

const AuthKey kKey("secret");

Socket prove(Socket client, AuthForm form = AuthForm::kPlain) {
  Authenticator(kKey, AuthDigest::kSha256, form).prove(client);
  return client;
}

TEST(HmacAuth, goes_around_every_bundled_handler_of_connections) {
  const HmacAuth auth(kKey);
  const TemporaryDirectory directory;
  UploadOptions upload;
  upload.store = std::make_shared<FileStore>(directory.path());
  const struct {
    RequestHandlerClass handler;
    std::string question, answer;
  } all[] = {
      {handler<HmacAuthMixIn<EchoUpperHandler>>(auth), "hello", "HELLO"},
      {handler<HmacAuthMixIn<EchoOnceHandler>>(auth), " hello ", "HELLO"},
      {handler<HmacAuthMixIn<EchoVerbatimHandler>>(auth), "hello", "hello"},
      {handler<HmacAuthMixIn<EchoHelloHandler>>(auth), "hello", "hi"},
      {handler<HmacAuthMixIn<TimeLineHandler>>(auth), "%%\n", "%\n"},
      {handler<HmacAuthMixIn<ExecHandler>>(auth), "echo hello",
       frame(R"({"data_size": 6, "status": 0})") + "hello\n"},
      {handler<HmacAuthMixIn<UploadHandler>>(auth, upload), frame(R"({"cmd": "ls"})"),
       frame(R"({"ok": true, "files": [], "more": false, "left_out": 0})")},
  };
  for (const auto& [handler_class, question, answer] : all) {
    Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0), handler_class);
    Socket client = prove(serving.start().connect());
    client.sendall(question);
    client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(client), answer) << question;
  }
}

TEST(HmacAuth, gives_the_handler_its_arguments) {
  ExecOptions options;
  options.framing = ExecFraming::kLength;
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      handler<HmacAuthMixIn<ExecHandler>>(HmacAuth(kKey), options));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(ExecClient(client, ExecFraming::kLength).run("echo hello").data, "hello\n");
}

TEST(HmacAuth, goes_around_what_has_been_made) {
  HmacAuthOptions options;
  options.form = AuthForm::kMutual;
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      authenticated(HmacAuth(kKey, options), echo_handler("upper")));
  Socket client = prove(serving.start().connect(), AuthForm::kMutual);
  EXPECT_EQ(echo(client, "hello"), "HELLO");
}

/// Clients authenticate before there is a handler at all.
struct Guarded : ThreadingTCPServer {
  Guarded(const Address& address, RequestHandlerClass handler)
      : ThreadingTCPServer(address, std::move(handler)) {}
  ~Guarded() override { server_close(); }
  void prepare_request(Request& request, const Address&) override { auth_.authenticate(request); }

 private:
  HmacAuth auth_{kKey};
};

TEST(HmacAuth, serves_prepare_request) {
  Serving<Guarded> serving(Address("127.0.0.1", 0), echo_handler("upper"));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(echo(client, "hello"), "HELLO");
}

/// Its warnings, one in a line.
struct Warns : ThreadingTCPServer {
  using ThreadingTCPServer::ThreadingTCPServer;
  ~Warns() override { server_close(); }
  void log_message(LogLevel level, const std::string& message) override {
    const std::lock_guard lock(mutex);
    if (level >= LogLevel::kWarning) warnings.push_back(message.substr(message.find("failed: ")));
  }
  std::mutex mutex;
  std::vector<std::string> warnings;
};

// Once each of them was a line in the log, without limit.
TEST(HmacAuth, turns_away_who_gives_no_whole_answers_and_logs_that_once) {
  HmacAuthOptions options;
  options.failures_at_once = 2;
  options.failure_interval = std::chrono::hours(1);
  for (const AuthForm form : {AuthForm::kPlain, AuthForm::kMutual}) {
    options.form = form;
    Serving<Warns> serving(Address("127.0.0.1", 0),
                           handler<HmacAuthMixIn<EchoUpperHandler>>(HmacAuth(kKey, options)));
    serving.start();
    for (int i = 0; i < 5; ++i) {
      Socket client = serving.connect();
      try {
        client.sendall("x");
        client.shutdown(SHUT_WR);
        read_all(client);
      } catch (const OSError&) {  // refused before it had said anything
      }
    }
    serving.stop();
    EXPECT_EQ(serving.server().statistics().unauthenticated, 5U);
    ASSERT_EQ(serving.server().warnings.size(), 2U);
    EXPECT_TRUE(serving.server().warnings[1].ends_with(
        "bytes of its answer came; it failed too often: more are refused"))
        << serving.server().warnings[1];
  }
}

TEST(HmacAuth, counts_nobody_who_goes_without_a_word) {
  HmacAuthOptions options;
  options.failures_at_once = 1;
  options.failure_interval = std::chrono::hours(1);
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      handler<HmacAuthMixIn<EchoUpperHandler>>(HmacAuth(kKey, options)));
  serving.start();
  for (int i = 0; i < 3; ++i) {
    Socket client = serving.connect();
    client.shutdown(SHUT_WR);
    read_all(client);
  }
  Socket client = prove(serving.connect());
  EXPECT_EQ(echo(client, "hello"), "HELLO");
}

/// A client that says nothing, in the fullness of its time.
struct Silent : Socket {
  Silent(Socket&& connection, Timeout* time) : Socket(std::move(connection)), time_(time) {}
  std::size_t recv_into(std::span<char>, int) override {
    *time_ = request_end().remaining();
    throw TimeoutError(ETIMEDOUT, "recv");
  }

 private:
  Timeout* time_;
};

class SilentClients : public ::testing::Test {
 protected:
  /// How long the next one may be silent.
  Timeout come(const Address& client = Address("192.0.2.1", 1)) {
    platform::SocketPair pair = platform::socket_pair();
    Timeout time;
    Request request(std::make_unique<Silent>(Socket(std::move(pair.one)), &time), client);
    try {
      auth_.authenticate(request);
    } catch (const TooManyFailures&) {
      ++turned_away_;
    } catch (const AuthenticationError&) {
      ++failed_;
    }
    return time;
  }
  void come_with_the_key(const Address& client) {
    platform::SocketPair pair = platform::socket_pair();
    Request request(Socket(std::move(pair.one)), client);
    std::jthread server([&] { auth_.authenticate(request); });
    prove(Socket(std::move(pair.other)));
  }
  static constexpr std::chrono::nanoseconds kTime =
      std::chrono::hours(24);  // far longer than this test takes
  HmacAuth auth_{kKey, {.timeout = kTime}};
  int turned_away_ = 0, failed_ = 0;
};

// Twenty of them held twenty workers for all of the timeout, and then had their address shut out.
TEST_F(SilentClients, of_one_source_have_the_less_time_the_more_they_are) {
  for (const int part : {1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5}) {
    const Timeout time = come();
    EXPECT_LE(time, kTime / part);
    EXPECT_GT(time, kTime / (part + 1));
  }
  EXPECT_EQ(failed_, 1);
  EXPECT_EQ(turned_away_, 11);
  EXPECT_GT(come(Address("192.0.2.2", 1)), kTime / 2);
}

TEST_F(SilentClients, do_not_count_those_who_have_the_key) {
  for (int i = 0; i < 5; ++i) come_with_the_key(Address("192.0.2.1", 1));
  EXPECT_GT(come(), kTime / 2);
}

struct TellsItsEnd : BaseRequestHandler {
  void handle() override {
    request().sendall(request().socket().request_end().is_never() ? "never" : "some time");
  }
};

TEST(HmacAuth, leaves_the_handler_its_own_deadlines) {
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0),
                                      handler<HmacAuthMixIn<TellsItsEnd>>(HmacAuth(kKey)));
  Socket client = prove(serving.start().connect());
  EXPECT_EQ(read_all(client), "never");
}

}  // namespace
}  // namespace socketserver::testing
