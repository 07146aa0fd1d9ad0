#include "socketserver/crypto/hmac.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "socketserver/crypto/md5.hpp"
#include "socketserver/crypto/sha256.hpp"

namespace socketserver {
namespace {

struct Vector {
  std::string key;
  std::string message;
  std::string digest;
};

// 01 02 03 and so on, the key of test case 4 in both RFCs.
std::string counting_bytes(char count) {
  std::string bytes;
  for (char c = 1; c <= count; ++c) bytes += c;
  return bytes;
}

const std::string kJefe = "what do ya want for nothing?";
const std::string kLongKey = "Test Using Larger Than Block-Size Key - Hash Key First";

TEST(Hmac, Md5GivesTheDigestsOfRfc2202) {
  const std::vector<Vector> vectors{
      {std::string(16, '\x0b'), "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
      {"Jefe", kJefe, "750c783e6ab0b503eaa86e310a5db738"},
      {std::string(16, '\xaa'), std::string(50, '\xdd'), "56be34521d144c88dbb8c733f0e8b3f6"},
      {counting_bytes(25), std::string(50, '\xcd'), "697eaf0aca3a3aea3a75164746ffaa79"},
      {std::string(16, '\x0c'), "Test With Truncation", "56461ef2342edc00f9bab995690efd4c"},
      {std::string(80, '\xaa'), kLongKey, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
      {std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
       "6f630fad67cda0ee1fb1f562db3aa53e"},
  };
  for (const auto& [key, message, digest] : vectors)
    EXPECT_EQ(hex(hmac<Md5>(key, message)), digest) << message;
}

TEST(Hmac, Sha256GivesTheDigestsOfRfc4231) {
  const std::vector<Vector> vectors{
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", kJefe, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting_bytes(25), std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), kLongKey,
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
       "to be "
       "hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& [key, message, digest] : vectors)
    EXPECT_EQ(hex(hmac<Sha256>(key, message)), digest) << message;
}

TEST(Hmac, Sha256GivesTheTruncatedDigestOfRfc4231) {
  const std::string digest = hex(hmac<Sha256>(std::string(20, '\x0c'), "Test With Truncation"));
  EXPECT_EQ(digest.substr(0, 32), "a3b6167473100ee06e0c796c2955552b");
}

TEST(Hmac, AKeyOfExactlyABlockIsNotHashed) {
  const std::string block(64, 'k');
  const auto digest_of_block = Sha256(block).digest();
  EXPECT_NE(hmac<Sha256>(block, "m"), hmac<Sha256>(as_string_view(digest_of_block), "m"));

  const std::string longer(65, 'k');
  const auto digest_of_longer = Sha256(longer).digest();
  EXPECT_EQ(hmac<Sha256>(longer, "m"), hmac<Sha256>(as_string_view(digest_of_longer), "m"));
}

TEST(Hmac, IsIncrementalAndItsDigestDisturbsNothing) {
  Hmac<Sha256> mac("Jefe");
  for (const char& c : kJefe) {
    mac.update({&c, 1});
    (void)mac.digest();
  }
  EXPECT_EQ(mac.digest(), hmac<Sha256>("Jefe", kJefe));
  EXPECT_EQ(mac.hexdigest(), hex(mac.digest()));
}

TEST(Hmac, ACopyOfAFreshObjectServesAnotherMessage) {
  const Hmac<Md5> keyed("key");
  for (const std::string message : {"one", "two"}) {
    Hmac<Md5> mac = keyed;
    mac.update(message);
    EXPECT_EQ(mac.digest(), hmac<Md5>("key", message));
  }
}

TEST(Hmac, VerifyAcceptsItsOwnRawDigestAlone) {
  Hmac<Sha256> mac("key");
  mac.update("challenge");
  const auto digest = mac.digest();
  const std::string right(as_string_view(digest));
  EXPECT_TRUE(mac.verify(right));
  std::string wrong = right;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  EXPECT_FALSE(mac.verify(wrong));
  EXPECT_FALSE(mac.verify(right.substr(0, 16)));
  EXPECT_FALSE(mac.verify(""));
  EXPECT_FALSE(mac.verify(mac.hexdigest()));
}

}  // namespace
}  // namespace socketserver
