#include "socketserver/crypto/md5.hpp"

#include <cstring>
#include <utility>

namespace socketserver {
namespace {

// RFC 1321, 3.4: element i is the integer part of 2^32 times abs(sin(i + 1)), i + 1 in radians.
constexpr std::array<std::uint32_t, 64> kSine{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

// RFC 1321, 3.4: of each round the left rotations, and which word of the block step i takes: first + i *
// stride.
constexpr int kRotations[4][4]{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
constexpr std::size_t kFirst[4]{0, 1, 5, 0};
constexpr std::size_t kStride[4]{1, 5, 3, 7};

// Equal to the RFC's F, G, H and I, with as few operations as possible that must wait for b, the result of
// the step before. The steps form one long chain, so this is what MD5 costs; the same is why G adds where the
// RFC ors: the sum does not care, and the half without b is ready in time.
template <std::size_t Round>
std::uint32_t mix(std::uint32_t sum, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if constexpr (Round == 0) return sum + (d ^ (b & (c ^ d)));
  if constexpr (Round == 1) return (sum + (~d & c)) + (d & b);
  if constexpr (Round == 2) return sum + (b ^ (c ^ d));
  if constexpr (Round == 3) return sum + (c ^ (b | ~d));
}

template <std::size_t Step>
void step(Md5Rounds::State& v, const std::array<std::uint32_t, 16>& block) noexcept {
  constexpr std::size_t kRound = Step / 16;
  constexpr std::size_t kA = (64 - Step) % 4;  // each step the four words change their parts
  std::uint32_t& a = v[kA];
  const std::uint32_t b = v[(kA + 1) % 4];
  const std::uint32_t word = block[(kFirst[kRound] + Step * kStride[kRound]) % 16];
  std::uint32_t ready = a + kSine[Step] + word;
  __asm__("" : "+r"(ready));  // no instruction; but without it clang adds the constant last, within the chain
  const std::uint32_t sum = mix<kRound>(ready, b, v[(kA + 2) % 4], v[(kA + 3) % 4]);
  a = b + std::rotl(sum, kRotations[kRound][Step % 4]);
}

std::array<std::uint32_t, 16> load(const char* bytes) noexcept {
  std::array<std::uint32_t, 16> words;
  std::memcpy(words.data(), bytes, sizeof words);
  if constexpr (std::endian::native != std::endian::little)
    for (auto& word : words) word = __builtin_bswap32(word);
  return words;
}

// Not a loop: with Step known to the compiler, indexes and rotations are constants and v lives in registers.
template <std::size_t... Steps>
void compress_block(Md5Rounds::State& state, const char* bytes, std::index_sequence<Steps...>) noexcept {
  const auto block = load(bytes);
  Md5Rounds::State v = state;
  (step<Steps>(v, block), ...);
  for (std::size_t i = 0; i < v.size(); ++i) state[i] += v[i];
}

}  // namespace

void Md5Rounds::compress(State& state, const char* blocks, std::size_t count) noexcept {
  for (; count != 0; --count, blocks += Md5::kBlockSize)
    compress_block(state, blocks, std::make_index_sequence<64>{});
}

}  // namespace socketserver
