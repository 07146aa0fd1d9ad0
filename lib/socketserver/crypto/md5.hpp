// MD5 (RFC 1321): the digest of the older upload protocol, and what its HMAC peers use.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "socketserver/crypto/block_hash.hpp"

namespace socketserver {

/// The part of MD5 that BlockHash needs.
struct Md5Rounds {
  using State = std::array<std::uint32_t, 4>;
  /// RFC 1321, 3.3: the words A, B, C, D.
  static constexpr State kInitial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  static constexpr std::endian kEndian = std::endian::little;

  /// Hashes `count` blocks, which need no alignment, into `state`.
  static void compress(State& state, const char* blocks, std::size_t count) noexcept;
};

/// Finds accidents, not forgery: two files with one MD5 are made in seconds. New formats take Sha256. A file
/// is hashed while it is received, so that the speed of this decides the speed of a checked upload.
///
///     Md5 hash;
///     while (read(piece)) hash.update(piece);
///     if (hash.hexdigest() == promised) ...
using Md5 = BlockHash<Md5Rounds>;

}  // namespace socketserver
