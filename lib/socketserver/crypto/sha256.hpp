// SHA-256 (FIPS 180-4): the digest of every new format here, and of the HMAC challenge.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "socketserver/crypto/block_hash.hpp"

namespace socketserver {

/// The part of SHA-256 that BlockHash needs, in plain C++ for every machine.
struct PortableSha256Rounds {
  using State = std::array<std::uint32_t, 8>;
  /// FIPS 180-4, 5.3.3: the fractional parts of the square roots of the first eight primes.
  static constexpr State kInitial{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static constexpr std::endian kEndian = std::endian::big;

  /// Hashes `count` blocks, which need no alignment, into `state`.
  static void compress(State& state, const char* blocks, std::size_t count) noexcept;
};

/// The same, by the processor's own SHA instructions where it has them: about five times as fast.
struct Sha256Rounds : PortableSha256Rounds {
  static void compress(State& state, const char* blocks, std::size_t count) noexcept;
};

/// No way is known to make two messages with one digest, so this one also holds against malice. As in
/// hashlib, the length of a secret prefix can be extended by others: to authenticate, take Hmac.
using Sha256 = BlockHash<Sha256Rounds>;

}  // namespace socketserver
