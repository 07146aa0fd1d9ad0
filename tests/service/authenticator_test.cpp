// Both sides of an authentication, against each other and against peers that do not keep to it.
#include "socketserver/service/authenticator.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

const AuthKey kKey("secret"), kOtherKey("another");

bool as_it_is(bool right) { return right; }

std::string framed(const std::string& message) {
  return std::string(3, '\0') + static_cast<char>(message.size()) + message;
}

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    platform::SocketPair pair = platform::socket_pair();
    server_ = Socket(std::move(pair.one));
    client_ = Socket(std::move(pair.other));
    server_.settimeout(kWatchdog);
    client_.settimeout(kWatchdog);
  }
  static Authenticator plain(const AuthKey& key, AuthDigest digest = AuthDigest::kSha256) {
    return {key, digest, AuthForm::kPlain};
  }
  static Authenticator mutual(const AuthKey& key, AuthDigest digest = AuthDigest::kSha256) {
    return {key, digest, AuthForm::kMutual};
  }
  /// The server's side beside whatever the test does; what became of it.
  void begin(const Authenticator& server) {
    verdict_.clear();
    thread_ = std::thread([this, server] {
      try {
        server.admit(server_, &as_it_is);
        verdict_ = "admitted";
      } catch (const std::exception& error) {
        verdict_ = error.what();
        server_.close();
      }
    });
  }
  std::string end() {
    if (thread_.joinable()) thread_.join();
    return verdict_;
  }
  void TearDown() override { end(); }
  /// What a client makes of a server that says `words` and no more.
  std::string told(const Authenticator& client, const std::string& words) {
    if (!words.empty()) server_.sendall(words);
    server_.shutdown(SHUT_WR);
    try {
      client.prove(client_);
      return "proved";
    } catch (const AuthenticationError& error) {
      return error.what();
    }
  }
  std::string receive(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes += client_.recv(size - bytes.size());
    return bytes;
  }

  Socket server_, client_;
  std::thread thread_;
  std::string verdict_;
};

TEST_F(AuthenticatorTest, who_has_the_key_gets_in) {
  for (const AuthDigest digest : {AuthDigest::kMd5, AuthDigest::kSha256}) {
    begin(plain(kKey, digest));
    plain(kKey, digest).prove(client_);
    EXPECT_EQ(end(), "admitted");
  }
  for (const AuthDigest of_server : {AuthDigest::kMd5, AuthDigest::kSha256})
    for (const AuthDigest of_client : {AuthDigest::kMd5, AuthDigest::kSha256}) {
      begin(mutual(kKey, of_server));
      mutual(kKey, of_client).prove(client_);
      EXPECT_EQ(end(), "admitted");
    }
}

TEST_F(AuthenticatorTest, who_has_another_key_does_not) {
  begin(plain(kKey));
  plain(kOtherKey).prove(client_);
  EXPECT_EQ(end(), "a wrong answer");
}

TEST_F(AuthenticatorTest, who_has_another_key_is_told_in_the_mutual_form) {
  begin(mutual(kKey));
  EXPECT_THROW(mutual(kOtherKey).prove(client_), AuthenticationError);
  EXPECT_EQ(end(), "a wrong answer");
}

TEST_F(AuthenticatorTest, what_follows_is_left_unread) {
  begin(plain(kKey));
  const std::string challenge = receive(kPlainChallengeSize);
  client_.sendall(plain_answer(kKey, AuthDigest::kSha256, challenge) + "hello");
  EXPECT_EQ(end(), "admitted");
  EXPECT_EQ(server_.recv(100), "hello");
}

TEST_F(AuthenticatorTest, what_follows_is_left_unread_in_the_mutual_form) {
  begin(mutual(kKey, AuthDigest::kMd5));
  const std::string challenge = receive(4 + 11 + 20).substr(15);
  const std::string own(20, 'x');
  client_.sendall(framed(challenge_response(kKey, challenge)) + framed("#CHALLENGE#" + own) +
                  framed("#WELCOME#") + "hello");
  EXPECT_EQ(receive(4 + 9 + 4 + 16), framed("#WELCOME#") + framed(challenge_response(kKey, own)));
  EXPECT_EQ(end(), "admitted");
  EXPECT_EQ(server_.recv(100), "hello");
}

TEST_F(AuthenticatorTest, the_judge_has_the_last_word) {
  for (const AuthForm form : {AuthForm::kPlain, AuthForm::kMutual}) {
    const Authenticator both(kKey, AuthDigest::kSha256, form);
    std::thread client([&] {
      try {
        both.prove(client_);
      } catch (const AuthenticationError&) {
      }
    });
    bool was_right = false;
    EXPECT_THROW(both.admit(server_, [&](bool right) { return was_right = right, false; }),
                 AuthenticationError);
    EXPECT_TRUE(was_right);
    client.join();
  }
}

TEST_F(AuthenticatorTest, slow_answers_end_at_the_deadline) {
  server_.set_request_end(Deadline::after(20ms));
  begin(plain(kKey));
  client_.sendall("hello");
  EXPECT_TRUE(end().ends_with(" in time")) << end();
}

TEST_F(AuthenticatorTest, answers_byte_by_byte_end_at_the_deadline) {
  server_.set_request_end(Deadline::after(50ms));
  begin(plain(kKey));
  try {
    for (int i = 0; i < 32; ++i) {
      wait_any({}, Deadline::after(5ms));
      client_.sendall("x");
    }
  } catch (const BrokenPipeError&) {  // it has ended
  }
  EXPECT_TRUE(end().ends_with(" in time")) << end();
}

TEST_F(AuthenticatorTest, silent_clients_end_at_the_deadline) {
  server_.set_request_end(Deadline::after(20ms));
  begin(mutual(kKey));
  EXPECT_TRUE(end().ends_with(" in time")) << end();
}

TEST_F(AuthenticatorTest, clients_that_go_without_a_word_have_failed_at_nothing) {
  client_.shutdown(SHUT_WR);
  EXPECT_THROW(plain(kKey).admit(server_, &as_it_is), ConnectionAbortedError);
  EXPECT_THROW(mutual(kKey).admit(server_, &as_it_is), ConnectionAbortedError);
}

TEST_F(AuthenticatorTest, half_an_answer_is_none) {
  client_.sendall(std::string(31, 'x'));
  client_.shutdown(SHUT_WR);
  begin(plain(kKey));
  EXPECT_EQ(end(), "31 of 32 bytes of its answer came");
}

TEST_F(AuthenticatorTest, long_messages_are_not_read) {
  begin(mutual(kKey));
  client_.sendall(std::string("\0\0\x01\x01", 4));
  EXPECT_EQ(end(), "what it sent is no message of the mutual form");
}

TEST_F(AuthenticatorTest, negative_lengths_are_not_read) {
  begin(mutual(kKey));
  client_.sendall("\xff\xff\xff\xff");
  EXPECT_EQ(end(), "what it sent is no message of the mutual form");
}

// ---- reflection ----

TEST_F(AuthenticatorTest, our_challenge_is_no_answer_to_itself) {
  begin(plain(kKey));
  client_.sendall(receive(kPlainChallengeSize));
  EXPECT_EQ(end(), "a wrong answer");
}

// A server answers nobody's challenge who has not answered its own, so no connection to it helps with
// another.
TEST_F(AuthenticatorTest, a_challenge_instead_of_an_answer_gets_none) {
  begin(mutual(kKey));
  const std::string question = receive(4 + 11 + 8 + 40);
  client_.sendall(question);
  EXPECT_EQ(receive(4 + 9), framed("#FAILURE#"));
  EXPECT_EQ(end(), "a wrong answer");
  EXPECT_EQ(client_.recv(100), "");
}

TEST_F(AuthenticatorTest, our_challenge_is_not_answered_by_ourselves) {
  begin(mutual(kKey));
  const std::string question = receive(4 + 11 + 8 + 40);
  client_.sendall(framed(challenge_response(kKey, question.substr(15))) + question);
  EXPECT_EQ(receive(4 + 9), framed("#WELCOME#"));
  EXPECT_EQ(end(), "it sent our own challenge back");
}

// ---- the client's side ----

TEST_F(AuthenticatorTest, clients_say_what_is_wrong_with_a_server) {
  EXPECT_EQ(told(plain(kKey), ""), "it ended the connection before the authentication was done");
}

TEST_F(AuthenticatorTest, clients_know_a_server_of_the_other_form) {
  EXPECT_EQ(told(plain(kKey), framed("#CHALLENGE#" + make_challenge(AuthDigest::kSha256))),
            "it wants the mutual form");
}

TEST_F(AuthenticatorTest, clients_take_no_other_message_for_a_challenge) {
  EXPECT_EQ(told(mutual(kKey), framed(std::string(40, 'x'))),
            "what it sent is no message of the mutual form");
}

TEST_F(AuthenticatorTest, clients_are_content_with_no_other_word_than_welcome) {
  EXPECT_EQ(told(mutual(kKey), framed("#CHALLENGE#" + make_challenge(AuthDigest::kMd5)) + framed("#WELCOME")),
            "what it sent is no message of the mutual form");
}

TEST_F(AuthenticatorTest, servers_without_the_key_do_not_get_a_client) {
  EXPECT_EQ(told(mutual(kKey), framed("#CHALLENGE#" + make_challenge(AuthDigest::kMd5)) +
                                   framed("#WELCOME#") + framed(std::string(16, 'x'))),
            "a wrong answer");
}

TEST_F(AuthenticatorTest, clients_wait_for_a_challenge_until_the_deadline) {
  client_.set_request_end(Deadline::after(20ms));
  try {
    plain(kKey).prove(client_);
    FAIL();
  } catch (const AuthenticationError& error) {
    EXPECT_STREQ(error.what(), "its challenge did not come in time");
  }
}

}  // namespace
}  // namespace socketserver::testing
