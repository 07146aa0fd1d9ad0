// What MD5 and SHA-256 have in common: a message cut into blocks of 64 bytes, and padding with the length in
// it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "socketserver/crypto/digest.hpp"

namespace socketserver {

/// An incremental hash with the interface of Python's hashlib. `Rounds` supplies what tells one algorithm
/// from another (see Md5Rounds): State, kInitial, kEndian, and compress(). An object holds no memory outside
/// itself, is copied to fork a computation, and belongs to one thread at a time. Nothing here throws but
/// hexdigest(), and that only for want of memory. Messages may have up to 2^61 bytes, the limit of both
/// algorithms.
template <class Rounds>
class BlockHash {
 public:
  /// In bytes. 64 is what both standards say.
  static constexpr std::size_t kBlockSize = 64;
  static constexpr std::size_t kDigestSize = sizeof(typename Rounds::State);
  using Digest = socketserver::Digest<kDigestSize>;

  BlockHash() = default;
  /// As after update(data): `Md5(data).hexdigest()` is the hash of a whole message.
  explicit BlockHash(std::string_view data) noexcept { update(data); }

  /// Adds bytes; how a message is cut into calls makes no difference to its digest. Whole blocks are hashed
  /// where they lie, so that large pieces are not copied.
  void update(std::string_view data) noexcept;

  /// The digest of all bytes up to now. More may be added afterwards; `hash = {}` begins anew.
  Digest digest() const noexcept;
  std::string hexdigest() const { return hex(digest()); }

 private:
  void pad() noexcept;

  typename Rounds::State state_ = Rounds::kInitial;
  std::uint64_t length_ = 0;  // of the message, in bytes
  std::array<char, kBlockSize>
      buffer_{};  // its first length_ % kBlockSize bytes wait for the rest of a block
};

template <class Rounds>
void BlockHash<Rounds>::update(std::string_view data) noexcept {
  const std::size_t waiting = length_ % kBlockSize;
  length_ += data.size();
  if (waiting != 0) {
    const std::string_view head = data.substr(0, kBlockSize - waiting);
    std::copy(head.begin(), head.end(), buffer_.data() + waiting);
    data.remove_prefix(head.size());
    if (waiting + head.size() < kBlockSize) return;
    Rounds::compress(state_, buffer_.data(), 1);
  }
  const std::size_t blocks = data.size() / kBlockSize;
  if (blocks != 0) Rounds::compress(state_, data.data(), blocks);
  data.remove_prefix(blocks * kBlockSize);
  std::copy(data.begin(), data.end(), buffer_.data());
}

template <class Rounds>
typename BlockHash<Rounds>::Digest BlockHash<Rounds>::digest() const noexcept {
  BlockHash padded = *this;
  padded.pad();
  if constexpr (Rounds::kEndian != std::endian::native)
    for (auto& word : padded.state_) word = __builtin_bswap32(word);
  return std::bit_cast<Digest>(padded.state_);
}

/// A one bit, zeros, and in the last eight bytes of a block the length in bits.
template <class Rounds>
void BlockHash<Rounds>::pad() noexcept {
  std::uint64_t bits = length_ * 8;
  if constexpr (Rounds::kEndian != std::endian::native) bits = __builtin_bswap64(bits);
  const auto tail = std::bit_cast<std::array<char, sizeof bits>>(bits);

  std::array<char, kBlockSize> filler{'\x80'};
  const std::size_t used = (length_ + tail.size()) % kBlockSize;
  update({filler.data(), kBlockSize - used});
  update({tail.data(), tail.size()});
}

}  // namespace socketserver
