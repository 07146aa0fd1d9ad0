#include "socketserver/service/chat_proof.hpp"

#include <algorithm>
#include <iterator>

#include "socketserver/service/challenge.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648: no 0, 1, 8
constexpr unsigned kBitsEach = 5;

constexpr std::string_view kExplained = "to enter, send ";
static_assert(kExplained.size() + ChatProof::kSize == kExplainedSize && kExplainedSize <= kAskedSize);

constexpr std::string_view kHints[] = {"say more", "more?", "?"};

std::int64_t minute_of(Clock::time_point now) {
  return std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
}

}  // namespace

std::uint64_t ChatProof::hash(std::string_view text) const {
  Hmac<Sha256> mac = keyed_;
  mac.update(text);
  const auto digest = mac.digest();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8 | digest[i];
  return bits;
}

std::string ChatProof::code_of(const Address& address, std::int64_t minute) const {
  std::uint64_t bits = hash(address.to_string() + " " + std::to_string(minute));
  std::string text = "/";
  for (std::size_t i = 0; i < kLetters; ++i, bits >>= kBitsEach) text += kAlphabet[bits % kAlphabet.size()];
  return text;
}

std::string ChatProof::code(const Address& address, Clock::time_point now) const {
  return code_of(address, minute_of(now));
}

bool ChatProof::valid(std::string_view code, const Address& address, Clock::time_point now) const {
  const std::int64_t minute = minute_of(now);
  return is_code(code) && (constant_time_equal(code, code_of(address, minute)) ||
                           constant_time_equal(code, code_of(address, minute - 1)));
}

bool ChatProof::is_code(std::string_view text) noexcept {
  return text.size() == kSize && text.front() == '/' &&
         text.find_first_not_of(kAlphabet, 1) == std::string_view::npos;
}

std::string ChatProof::new_secret() { return random_bytes(Sha256::kDigestSize); }

std::string ask_for_proof(std::string_view code, std::size_t room) {
  if (room >= kExplained.size() + code.size()) return std::string(kExplained) + std::string(code);
  if (room >= code.size()) return std::string(code);
  for (const std::string_view hint : kHints)
    if (room >= hint.size()) return std::string(hint);
  return {};
}

bool is_hint(std::string_view text) noexcept { return std::ranges::find(kHints, text) != std::end(kHints); }

std::optional<std::string_view> asked_code(std::string_view text, bool room_is_known) {
  const bool explained = text.starts_with(kExplained);
  if (explained) text.remove_prefix(kExplained.size());
  if (!ChatProof::is_code(text) || !(explained || room_is_known)) return std::nullopt;
  return text;
}

}  // namespace socketserver
