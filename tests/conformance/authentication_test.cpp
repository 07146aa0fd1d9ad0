// Authentication as a mix-in of handlers: what it promises over every server of connections.
#include "conformance/servers.hpp"
#include "socketserver/service/hmac_auth.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

const AuthKey kKey("secret");
const Authenticator kPlain(kKey, AuthDigest::kSha256, AuthForm::kPlain);

/// Takes a word with it, and shows which of its hooks ran.
struct Greets : StreamRequestHandler {
  Greets(const Marks* marks, const std::string& word) : marks_(marks), word_(word) {}
  void setup() override {
    marks_->add('s');
    StreamRequestHandler::setup();
  }
  void handle() override { wfile().write(word_ + rfile().readline().value_or("")); }
  void finish() override {
    StreamRequestHandler::finish();
    marks_->add('f');
  }

 private:
  const Marks* marks_;
  std::string word_;
};

/// What is logged of failures, wherever it happens, is a mark.
template <class Server>
struct Telling : Server {
  using Server::Server;
  ~Telling() override { this->server_close(); }
  void log_message(LogLevel, const std::string& message) override {
    if (message.find(": authentication failed: ") != message.npos) marks->add('!');
  }
  const Marks* marks = nullptr;
};

template <class Server>
class AuthenticationConformance : public ServerFixture<Server> {
 protected:
  void start(const HmacAuthOptions& options = {}) {
    const Marks* marks = &marks_;
    serving_ = std::make_unique<Serving<Telling<Server>>>(
        this->any_address(),
        handler<HmacAuthMixIn<Greets>>(HmacAuth(kKey, options), marks, std::string("hello, ")));
    serving_->server().marks = marks;
    serving_->start();
  }
  Socket connect() { return ServerFixture<Server>::connect(serving_->address()); }
  std::uint64_t unauthenticated() { return serving_->server().statistics().unauthenticated; }
  Marks marks_;
  std::unique_ptr<Serving<Telling<Server>>> serving_;
};
TYPED_TEST_SUITE(AuthenticationConformance, StreamServers);

TYPED_TEST(AuthenticationConformance, ServesThoseWhoHaveTheKey) {
  this->start();
  for (const std::string name : {"you\n", "me\n"}) {
    Socket client = this->connect();
    const std::string challenge = client.recv(kPlainChallengeSize);  // it comes in one piece
    // The service's own words may follow in the same packet.
    client.sendall(plain_answer(kKey, AuthDigest::kSha256, challenge) + name);
    EXPECT_EQ(read_all(client), "hello, " + name);
    EXPECT_EQ(this->marks_.next(), 's');
    EXPECT_EQ(this->marks_.next(), 'f');
  }
  EXPECT_EQ(this->unauthenticated(), 0U);
}

TYPED_TEST(AuthenticationConformance, RunsNothingForOthers) {
  this->start();
  Socket client = this->connect();
  client.recv(kPlainChallengeSize);
  client.sendall(std::string(32, 'x'));
  EXPECT_EQ(read_all(client), "");
  EXPECT_EQ(this->marks_.next(), '!');
  EXPECT_TRUE(this->marks_.none());
  if (!kInProcesses<TypeParam>) {
    EXPECT_TRUE(eventually([this] { return this->unauthenticated() == 1; }));
  }
}

TYPED_TEST(AuthenticationConformance, EndsThoseWhoTakeTooLong) {
  HmacAuthOptions options;
  options.timeout = 20ms;
  this->start(options);
  Socket client = this->connect();
  client.sendall("who is there?\n");
  try {
    EXPECT_LE(read_all(client).size(), kPlainChallengeSize);
  } catch (const ConnectionError&) {  // what it sent was not read
  }
  EXPECT_EQ(this->marks_.next(), '!');
  EXPECT_TRUE(this->marks_.none());
}

TYPED_TEST(AuthenticationConformance, TurnsAwayWhoFailsTooOften) {
  if (kOfUnix<TypeParam>) return;  // which has no sources
  HmacAuthOptions options;
  options.failures_at_once = 1;
  options.failure_interval = 1h;
  this->start(options);
  Socket asked = this->connect();
  const std::string challenge = asked.recv(kPlainChallengeSize);
  if (!std::same_as<TypeParam, TCPServer>) {
    Socket wrong = this->connect();
    wrong.recv(kPlainChallengeSize);
    wrong.sendall(std::string(32, 'x'));
    EXPECT_EQ(read_all(wrong), "");
    asked.sendall(plain_answer(kKey, AuthDigest::kSha256, challenge));
  } else {
    asked.sendall(std::string(32, 'x'));
  }
  EXPECT_EQ(read_all(asked), "");
  EXPECT_EQ(this->marks_.next(), '!');
  Socket refused = this->connect();
  EXPECT_EQ(refused.recv(1), "");
}

template <class Server>
using ConcurrentAuthenticationConformance = AuthenticationConformance<Server>;
TYPED_TEST_SUITE(ConcurrentAuthenticationConformance, ConcurrentStreams);

TYPED_TEST(ConcurrentAuthenticationConformance, LetsNobodyWaitForThoseWhoSayNothing) {
  this->start();
  Socket silent = this->connect();
  EXPECT_EQ(silent.recv(kPlainChallengeSize).size(), kPlainChallengeSize);
  Socket client = this->connect();
  kPlain.prove(client);
  client.sendall("you\n");
  EXPECT_EQ(read_all(client), "hello, you\n");
  silent.shutdown(SHUT_RDWR);  // forked children of this process have it, too
}

}  // namespace
}  // namespace socketserver::testing
