// Digests as text and back, and the comparison that a secret needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace socketserver {

/// The N bytes that a hash or an HMAC gives, in the order in which they are sent and printed.
template <std::size_t N>
using Digest = std::array<std::uint8_t, N>;

/// The same bytes as the rest of the library passes bytes. Valid as long as `digest` is.
template <std::size_t N>
std::string_view as_string_view(const Digest<N>& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), N};
}
/// Of a temporary nothing would be left to look at.
template <std::size_t N>
std::string_view as_string_view(const Digest<N>&& digest) = delete;

/// Two lower-case hexadecimal digits for each byte, as Python's hexdigest() and md5sum print them.
std::string hex(std::span<const std::uint8_t> bytes);

/// Fills `bytes` from exactly two digits for each, of either case. False, with `bytes` unspecified, when
/// `text` is shorter, longer, or holds anything else: white space and a leading 0x are errors as well.
bool parse_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept;

/// The digest that `text` spells, or nothing when it spells none; written for what a peer sent, so nothing is
/// thrown. `parse_hexdigest<16>(text)` for MD5, `<32>` for SHA-256.
template <std::size_t N>
std::optional<Digest<N>> parse_hexdigest(std::string_view text) noexcept {
  Digest<N> digest;
  if (!parse_hex(text, digest)) return std::nullopt;
  return digest;
}

/// Whether both are the same bytes, in a time that depends on their lengths alone, so that an attacker cannot
/// guess a secret byte by byte (Python: hmac.compare_digest). Lengths are taken to be public: unequal ones
/// return at once.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace socketserver
