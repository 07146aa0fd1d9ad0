#include "socketserver/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace socketserver {
namespace {

TEST(Hex, WritesTwoLowerCaseDigitsForEachByte) {
  EXPECT_EQ(hex(std::vector<std::uint8_t>{0x00, 0x0f, 0xa0, 0xff}), "000fa0ff");
  EXPECT_EQ(hex({}), "");
}

TEST(ParseHexdigest, GivesBackWhatHexWrote) {
  Digest<32> digest;
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(i * 37);
  EXPECT_EQ(parse_hexdigest<32>(hex(digest)), digest);
}

TEST(ParseHexdigest, AcceptsEitherCase) { EXPECT_EQ(parse_hexdigest<2>("aBCd"), (Digest<2>{0xab, 0xcd})); }

TEST(ParseHexdigest, RefusesEverythingElse) {
  for (const std::string text :
       {"",     "a",      "ab",   "abc",  "abcde", "abcdef", "0xab", " abcd", "abcd ", "ab d",
        "abcg", "ab\ncd", "+bcd", "ab-d", "ab/d",  "ab:d",   "ab@d", "abGd",  "ab`d",  "ab\xff\xff"})
    EXPECT_FALSE(parse_hexdigest<2>(text)) << text;
  EXPECT_FALSE(parse_hexdigest<2>({"ab\0d", 4}));
}

TEST(AsStringView, ShowsTheBytesThemselves) {
  const Digest<3> digest{0x61, 0x00, 0xff};
  EXPECT_EQ(as_string_view(digest), std::string_view("a\0\xff", 3));
}

TEST(ConstantTimeEqual, ComparesAllBytesAndTheLength) {
  const std::string secret("\0secret\xff", 8);
  EXPECT_TRUE(constant_time_equal(secret, std::string(secret)));
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_FALSE(constant_time_equal(secret, secret.substr(0, 7)));
  EXPECT_FALSE(constant_time_equal(secret, secret + '\0'));
  for (std::size_t i = 0; i < secret.size(); ++i) {
    for (const int bit : {0x01, 0x80}) {
      std::string other = secret;
      other[i] = static_cast<char>(other[i] ^ bit);
      EXPECT_FALSE(constant_time_equal(secret, other)) << i;
    }
  }
}

TEST(ConstantTimeEqual, IsNotFooledByDifferencesThatCancelOut) {
  EXPECT_FALSE(constant_time_equal("ab", "ba"));
  EXPECT_FALSE(constant_time_equal("aa", "bb"));
}

}  // namespace
}  // namespace socketserver
