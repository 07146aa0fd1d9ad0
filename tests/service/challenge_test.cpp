// What is computed in an HMAC challenge, against published vectors and what CPython accepts.
#include "socketserver/service/challenge.hpp"

#include <gtest/gtest.h>

#include "socketserver/crypto/digest.hpp"
#include "socketserver/server/authentication_error.hpp"

namespace socketserver::testing {
namespace {

std::string unhex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  EXPECT_TRUE(parse_hex(text, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

const AuthKey kKey("secret");

TEST(Challenge, has_the_answers_of_RFC_4231_and_RFC_2202) {
  EXPECT_EQ(plain_answer(AuthKey(std::string(20, '\x0b')), AuthDigest::kSha256, "Hi There"),
            unhex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
  EXPECT_EQ(plain_answer(AuthKey(std::string(16, '\x0b')), AuthDigest::kMd5, "Hi There"),
            unhex("9294727a3638bb1c13f48ef8158bfc9d"));
}

TEST(Challenge, takes_the_right_answer_alone) {
  for (const AuthDigest digest : {AuthDigest::kMd5, AuthDigest::kSha256}) {
    const std::string challenge = random_bytes(kPlainChallengeSize);
    std::string answer = plain_answer(kKey, digest, challenge);
    EXPECT_EQ(answer.size(), plain_answer_size(digest));
    EXPECT_TRUE(is_plain_answer(kKey, digest, challenge, answer));
    EXPECT_FALSE(is_plain_answer(AuthKey("secreT"), digest, challenge, answer));
    EXPECT_FALSE(is_plain_answer(kKey, digest, random_bytes(kPlainChallengeSize), answer));
    EXPECT_FALSE(is_plain_answer(kKey, digest, challenge, challenge));
    EXPECT_FALSE(is_plain_answer(kKey, digest, challenge, ""));
    answer.back() = static_cast<char>(answer.back() ^ 1);
    EXPECT_FALSE(is_plain_answer(kKey, digest, challenge, answer));
  }
}

TEST(Challenge, is_never_the_same) {
  EXPECT_EQ(random_bytes(32).size(), 32U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
  EXPECT_NE(make_challenge(AuthDigest::kMd5), make_challenge(AuthDigest::kMd5));
}

TEST(Challenge, of_multiprocessing_has_the_form_of_both_times) {
  EXPECT_EQ(make_challenge(AuthDigest::kMd5).size(), 20U);
  const std::string modern = make_challenge(AuthDigest::kSha256);
  EXPECT_TRUE(modern.starts_with("{sha256}"));
  EXPECT_EQ(modern.size(), 48U);
}

// hmac.new(b"secret", challenge, ...) of Python 3.13.
TEST(Challenge, of_multiprocessing_is_answered_as_Python_does) {
  const std::string bytes = "0123456789abcdefghij0123456789abcdefghij";
  EXPECT_EQ(challenge_response(kKey, bytes.substr(0, 20)), unhex("30b0f2d49c4f784f69ae4df82b876c01"));
  EXPECT_EQ(challenge_response(kKey, "{sha256}" + bytes),
            "{sha256}" + unhex("3467679e3aaf4e757e7fb53f7232fcabeabb4c6dddc631b1c85987d297ab6571"));
  EXPECT_EQ(challenge_response(kKey, "{md5}" + bytes), "{md5}" + unhex("ec146ffa62702bc7e3c506dd1e038040"));
}

TEST(Challenge, of_multiprocessing_may_be_none_that_can_be_answered) {
  const std::string bytes(40, 'x');
  for (const std::string& challenge :
       {std::string(), bytes.substr(0, 19), bytes, "{sha384}" + bytes, "{sha256" + bytes, "{}" + bytes})
    EXPECT_THROW(challenge_response(kKey, challenge), AuthenticationError) << challenge;
}

TEST(Challenge, of_multiprocessing_takes_what_CPython_takes) {
  const std::string old_one = make_challenge(AuthDigest::kMd5), new_one = make_challenge(AuthDigest::kSha256);
  const auto md5 = [](const std::string& message) { return plain_answer(kKey, AuthDigest::kMd5, message); };
  const auto sha256 = [](const std::string& message) {
    return plain_answer(kKey, AuthDigest::kSha256, message);
  };
  for (const std::string& challenge : {old_one, new_one}) {
    EXPECT_TRUE(is_challenge_response(kKey, challenge, challenge_response(kKey, challenge)));
    EXPECT_TRUE(is_challenge_response(kKey, challenge, md5(challenge)));
    EXPECT_TRUE(is_challenge_response(kKey, challenge, "{md5}" + md5(challenge)));
    EXPECT_TRUE(is_challenge_response(kKey, challenge, "{sha256}" + sha256(challenge)));

    EXPECT_FALSE(is_challenge_response(kKey, challenge, sha256(challenge)));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, "{sha256}" + md5(challenge)));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, "{md5}" + sha256(challenge)));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, "{sha384}" + sha256(challenge)));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, "{sha256}"));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, ""));
    EXPECT_FALSE(is_challenge_response(kKey, challenge, challenge));
  }
  // What the name of the digest in the challenge protects: an answer without it is one to something else.
  EXPECT_FALSE(is_challenge_response(kKey, new_one, "{sha256}" + sha256(new_one.substr(8))));
}

}  // namespace
}  // namespace socketserver::testing
