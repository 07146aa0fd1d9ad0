// MD5 and SHA-256 against the vectors of their standards, and what both promise in common.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "socketserver/crypto/md5.hpp"
#include "socketserver/crypto/sha256.hpp"

namespace socketserver {
namespace {

using PortableSha256 = BlockHash<PortableSha256Rounds>;

TEST(Md5, GivesTheDigestsOfRfc1321) {
  const std::vector<std::tuple<std::string, std::string>> suite{
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"a", "0cc175b9c0f1b6a831c399e269772661"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
       "57edf4a22be3c955ac49da2e2107b67a"},
  };
  for (const auto& [message, digest] : suite) EXPECT_EQ(Md5(message).hexdigest(), digest) << message;
}

TEST(Md5, HashesAMillionTimesA) {
  EXPECT_EQ(Md5(std::string(1'000'000, 'a')).hexdigest(), "7707d6ae4e027c70eea2a935c2296f21");
}

// The portable rounds must be right, too, where the processor has better ones.
template <class Hash>
class Sha256Test : public testing::Test {};
using Sha256Forms = testing::Types<Sha256, PortableSha256>;
TYPED_TEST_SUITE(Sha256Test, Sha256Forms);

TYPED_TEST(Sha256Test, GivesTheDigestsOfFips180) {
  const std::vector<std::tuple<std::string, std::string>> examples{
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
       "rst"
       "nopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
  };
  for (const auto& [message, digest] : examples) EXPECT_EQ(TypeParam(message).hexdigest(), digest) << message;
}

TYPED_TEST(Sha256Test, HashesAMillionTimesA) {
  EXPECT_EQ(TypeParam(std::string(1'000'000, 'a')).hexdigest(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

std::string sample(std::size_t size) {
  std::string message;
  for (std::size_t i = 0; i < size; ++i) message += static_cast<char>(i * 131 + i / 256);
  return message;
}

template <class Hash>
class HashTest : public testing::Test {};
using Hashes = testing::Types<Md5, Sha256, PortableSha256>;
TYPED_TEST_SUITE(HashTest, Hashes);

TYPED_TEST(HashTest, ADigestDoesNotDependOnHowTheMessageIsCut) {
  // Where padding begins to need another block, where blocks end, and one byte to either side.
  constexpr std::size_t kSizes[]{0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 300};
  for (const std::size_t size : kSizes) {
    const std::string message = sample(size);
    const auto whole = TypeParam(message).digest();
    for (std::size_t cut = 0; cut <= size; ++cut) {
      TypeParam hash(message.substr(0, cut));
      hash.update(message.substr(cut));
      ASSERT_EQ(hash.digest(), whole) << size << " cut at " << cut;
    }
  }
}

TYPED_TEST(HashTest, ByteByByteGivesTheSameDigest) {
  const std::string message = sample(1000);
  TypeParam hash;
  for (const char& c : message) {
    hash.update({&c, 1});
    hash.update({});
  }
  EXPECT_EQ(hash.digest(), TypeParam(message).digest());
}

TYPED_TEST(HashTest, BlocksNeedNoAlignment) {
  const std::string message = sample(640);
  const auto expected = TypeParam(message).digest();
  for (std::size_t shift = 1; shift < 16; ++shift) {
    const std::string shifted = std::string(shift, 'x') + message;
    EXPECT_EQ(TypeParam(std::string_view(shifted).substr(shift)).digest(), expected) << shift;
  }
}

TYPED_TEST(HashTest, TakingADigestDoesNotDisturbTheRest) {
  TypeParam hash("abc");
  const auto first = hash.digest();
  EXPECT_EQ(hash.digest(), first);
  hash.update("def");
  EXPECT_EQ(hash.digest(), TypeParam("abcdef").digest());
}

TYPED_TEST(HashTest, CopiesGoTheirOwnWays) {
  TypeParam hash(sample(70));
  TypeParam copy = hash;
  copy.update("x");
  EXPECT_EQ(hash.digest(), TypeParam(sample(70)).digest());
  EXPECT_EQ(copy.digest(), TypeParam(sample(70) + "x").digest());
}

TYPED_TEST(HashTest, BeginsAnewByAssignment) {
  TypeParam hash("something else");
  hash = {};
  hash.update("abc");
  EXPECT_EQ(hash.digest(), TypeParam("abc").digest());
}

}  // namespace
}  // namespace socketserver
