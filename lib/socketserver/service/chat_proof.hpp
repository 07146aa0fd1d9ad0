// Proof that somebody receives what is sent to his address, for services over datagrams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/crypto/hmac.hpp"
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/net/address.hpp"
#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// The source address of a datagram is what its sender wrote there. Who can say the code that was sent to an
/// address gets what is sent there. The code is the first 50 bits of an HMAC of the address and the time
/// under a secret, so that nothing must be remembered about those who were asked; it is good for one to two
/// minutes. Somebody who guesses a million codes a second hits one in 35 years. Any thread.
class ChatProof {
 public:
  explicit ChatProof(std::string_view secret) : keyed_(secret) {}

  /// "/" and kLetters letters and digits that cannot be taken for each other: what a person can type.
  std::string code(const Address& address, Clock::time_point now) const;
  bool valid(std::string_view code, const Address& address, Clock::time_point now) const;

  /// A number that only those can foresee who know the secret.
  std::uint64_t hash(std::string_view text) const;

  static constexpr std::size_t kLetters = 10, kSize = kLetters + 1;
  /// Does it look like a code?
  static bool is_code(std::string_view text) noexcept;

  /// A secret that nobody else has. Throws OSError where the system gives no random bytes.
  static std::string new_secret();

 private:
  std::string code_of(const Address& address, std::int64_t minute) const;
  Hmac<Sha256> keyed_;
};

/// What those are told whose address is not proved: never more than `room` bytes, the size of what they sent,
/// for what is sent to a false address must not grow. "" where there is no room for anything.
std::string ask_for_proof(std::string_view code, std::size_t room);
/// The code in what ask_for_proof() gave, nullopt where it is something else. A person may say "/understand",
/// which looks like a code, so that one alone counts only where `room_is_known`.
std::optional<std::string_view> asked_code(std::string_view text, bool room_is_known);
/// Is it what those are told who sent too little for a code?
bool is_hint(std::string_view text) noexcept;
/// The sizes from which on the code is explained, and all of it has room for sure.
inline constexpr std::size_t kExplainedSize = 26, kAskedSize = 32;

}  // namespace socketserver
