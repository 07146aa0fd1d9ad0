#include "socketserver/service/challenge.hpp"

#include <algorithm>
#include <optional>

#include "socketserver/crypto/hmac.hpp"
#include "socketserver/crypto/md5.hpp"
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/server/authentication_error.hpp"

namespace socketserver {
namespace {

// Python's: MESSAGE_LENGTH up to 3.11 and since then, and the sizes by which it knows the older form.
constexpr std::size_t kOldChallengeSize = 20, kNewChallengeSize = 40;
constexpr std::size_t kOldResponseSize = Md5::kDigestSize;

constexpr std::string_view kMd5Name = "{md5}", kSha256Name = "{sha256}";

template <class Hash>
std::string mac(const AuthKey& key, std::string_view message) {
  const auto digest = hmac<Hash>(key.bytes(), message);
  return std::string(as_string_view(digest));
}

std::string mac(const AuthKey& key, AuthDigest digest, std::string_view message) {
  return digest == AuthDigest::kMd5 ? mac<Md5>(key, message) : mac<Sha256>(key, message);
}

bool is_old(std::string_view message) {
  return message.size() == kOldChallengeSize || message.size() == kOldResponseSize;
}

std::optional<AuthDigest> named_digest(std::string_view message) {
  if (message.starts_with(kSha256Name)) return AuthDigest::kSha256;
  if (message.starts_with(kMd5Name)) return AuthDigest::kMd5;
  return std::nullopt;
}

std::string_view name_of(AuthDigest digest) { return digest == AuthDigest::kMd5 ? kMd5Name : kSha256Name; }

}  // namespace

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  platform::fill_random(bytes);
  return bytes;
}

std::string plain_answer(const AuthKey& key, AuthDigest digest, std::string_view challenge) {
  return mac(key, digest, challenge);
}

std::size_t plain_answer_size(AuthDigest digest) noexcept {
  return digest == AuthDigest::kMd5 ? Md5::kDigestSize : Sha256::kDigestSize;
}

bool is_plain_answer(const AuthKey& key, AuthDigest digest, std::string_view challenge,
                     std::string_view answer) {
  return constant_time_equal(mac(key, digest, challenge), answer);
}

std::string make_challenge(AuthDigest digest) {
  if (digest == AuthDigest::kMd5) return random_bytes(kOldChallengeSize);
  return std::string(kSha256Name) + random_bytes(kNewChallengeSize);
}

std::string challenge_response(const AuthKey& key, std::string_view challenge) {
  if (challenge.size() < kOldChallengeSize) throw AuthenticationError("its challenge is too short");
  if (is_old(challenge)) return mac<Md5>(key, challenge);
  const auto digest = named_digest(challenge);
  if (!digest) throw AuthenticationError("its challenge wants a digest that is neither MD5 nor SHA-256");
  return std::string(name_of(*digest)) + mac(key, *digest, challenge);
}

bool is_challenge_response(const AuthKey& key, std::string_view challenge, std::string_view response) {
  if (is_old(response)) return constant_time_equal(mac<Md5>(key, challenge), response);
  const auto digest = named_digest(response);
  if (!digest) return false;
  response.remove_prefix(name_of(*digest).size());
  return constant_time_equal(mac(key, *digest, challenge), response);
}

}  // namespace socketserver
