// HMAC (RFC 2104): proves that a message comes from someone who has the key, without showing the key.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/crypto/digest.hpp"

namespace socketserver {

/// `Hash` is Sha256 or Md5 (whose weakness against forgery does not reach its HMAC; still only for old
/// peers). Incremental like the hashes themselves, and as Python's hmac. The key may have any length. It is
/// hashed in once by the constructor, so for many messages under one key keep a fresh object and copy it for
/// each. The object holds what the key was made into and is as secret as the key. One thread at a time;
/// copies are independent. Compare a result with constant_time_equal() and nothing else.
template <class Hash>
class Hmac {
 public:
  using Digest = typename Hash::Digest;
  static constexpr std::size_t kDigestSize = Hash::kDigestSize;

  explicit Hmac(std::string_view key) noexcept;

  void update(std::string_view data) noexcept { inner_.update(data); }
  /// Of all bytes up to now; more may be added afterwards.
  Digest digest() const noexcept;
  std::string hexdigest() const { return hex(digest()); }
  /// Whether `claimed`, raw bytes as a peer sent them, is digest(); in constant time.
  bool verify(std::string_view claimed) const noexcept {
    const Digest mine = digest();
    return constant_time_equal(as_string_view(mine), claimed);
  }

 private:
  using Block = std::array<char, Hash::kBlockSize>;

  static Hash keyed(Block key, unsigned char pad) noexcept {
    for (char& c : key) c = static_cast<char>(c ^ pad);
    return Hash({key.data(), key.size()});
  }

  Hash inner_;
  Hash outer_;
};

template <class Hash>
Hmac<Hash>::Hmac(std::string_view key) noexcept {
  Digest hashed_key;
  if (key.size() > Hash::kBlockSize) {  // RFC 2104, 2: a key longer than a block is replaced by its digest
    hashed_key = Hash(key).digest();
    key = as_string_view(hashed_key);
  }
  Block block{};
  key.copy(block.data(), block.size());
  inner_ = keyed(block, 0x36);  // RFC 2104, 2: ipad and opad, chosen to differ in many bits
  outer_ = keyed(block, 0x5c);
}

template <class Hash>
typename Hmac<Hash>::Digest Hmac<Hash>::digest() const noexcept {
  const Digest inner = inner_.digest();
  Hash outer = outer_;
  outer.update(as_string_view(inner));
  return outer.digest();
}

/// For a message that is at hand as a whole: `hmac<Sha256>(key, challenge)`.
template <class Hash>
typename Hash::Digest hmac(std::string_view key, std::string_view message) noexcept {
  Hmac<Hash> mac(key);
  mac.update(message);
  return mac.digest();
}

}  // namespace socketserver
