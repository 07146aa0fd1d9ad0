// What is computed in an HMAC challenge, without a connection: who knows the key can answer what nobody has
// asked before.
//
// Two forms. Plain: the server's challenge is kPlainChallengeSize random bytes, the client's answer
// HMAC(key, challenge), 16 bytes of MD5 or 32 of SHA-256. And that of Python's multiprocessing.connection:
//
//   | Python   | challenge, from 3.12 on with its name in front | response                          |
//   | to 3.11  | 20 random bytes                                | HMAC-MD5(key, challenge)          |
//   | from 3.12| {sha256} and 40 random bytes                   | {sha256} and HMAC(key, challenge) |
//
// where {sha256} belongs to what the HMAC covers. Old peers answer a new challenge as one of their own, which
// is accepted as Python does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/service/auth_key.hpp"

namespace socketserver {

enum class AuthDigest { kMd5, kSha256 };

inline constexpr std::size_t kPlainChallengeSize = 32;

/// So many of the system's random bytes. Throws OSError where there are none.
std::string random_bytes(std::size_t size);

/// The plain form's answer, raw.
std::string plain_answer(const AuthKey& key, AuthDigest digest, std::string_view challenge);
std::size_t plain_answer_size(AuthDigest digest) noexcept;
/// In constant time.
bool is_plain_answer(const AuthKey& key, AuthDigest digest, std::string_view challenge,
                     std::string_view answer);

/// A new challenge of Python's form: of 3.12 and later for SHA-256, of 3.11 and earlier for MD5.
std::string make_challenge(AuthDigest digest);
/// What Python's answer_challenge() sends. Throws AuthenticationError for a challenge that is too short, or
/// wants a digest that is neither MD5 nor SHA-256.
std::string challenge_response(const AuthKey& key, std::string_view challenge);
/// As Python's deliver_challenge() decides, in constant time: 16 bytes are MD5; otherwise the response names
/// its digest, and may name a better one than the challenge.
bool is_challenge_response(const AuthKey& key, std::string_view challenge, std::string_view response);

}  // namespace socketserver
