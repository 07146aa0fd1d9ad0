#include "socketserver/crypto/sha256.hpp"

#include <cstring>
#include <utility>

#include "socketserver/crypto/sha256_constants.hpp"

namespace socketserver {
namespace {

using State = PortableSha256Rounds::State;
using Words = std::array<std::uint32_t, 16>;

std::uint32_t small_sigma0(std::uint32_t x) noexcept { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3); }
std::uint32_t small_sigma1(std::uint32_t x) noexcept {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
}
std::uint32_t big_sigma0(std::uint32_t x) noexcept {
  return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
}
std::uint32_t big_sigma1(std::uint32_t x) noexcept {
  return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
}

Words load(const char* bytes) noexcept {
  Words w;
  std::memcpy(w.data(), bytes, sizeof w);
  if constexpr (std::endian::native != std::endian::big)
    for (auto& word : w) word = __builtin_bswap32(word);
  return w;
}

// The standard's schedule has 64 words, but none is needed for longer than 16 steps.
template <std::size_t T>
std::uint32_t scheduled(Words& w) noexcept {
  std::uint32_t& word = w[T % 16];
  if constexpr (T >= 16)
    word += small_sigma1(w[(T - 2) % 16]) + w[(T - 7) % 16] + small_sigma0(w[(T - 15) % 16]);
  return word;
}

// Instead of moving all eight words along at each step, as the standard writes it, step t finds word i of the
// standard at (i - t) modulo 8; with T known to the compiler that costs nothing.
template <std::size_t T>
void step(State& v, Words& w) noexcept {
  const auto at = [&v](std::size_t i) -> std::uint32_t& { return v[(i + 64 - T) % 8]; };
  const std::uint32_t a = at(0), b = at(1), c = at(2), e = at(4), f = at(5), g = at(6);
  const std::uint32_t sum =
      at(7) + scheduled<T>(w) + kSha256Constants[T] + big_sigma1(e) + (g ^ (e & (f ^ g)));
  at(3) += sum;
  at(7) = sum + big_sigma0(a) + ((a & b) | (c & (a | b)));
}

template <std::size_t... T>
void compress_block(State& state, const char* bytes, std::index_sequence<T...>) noexcept {
  Words w = load(bytes);
  State v = state;
  (step<T>(v, w), ...);
  for (std::size_t i = 0; i < v.size(); ++i) state[i] += v[i];
}

}  // namespace

void PortableSha256Rounds::compress(State& state, const char* blocks, std::size_t count) noexcept {
  for (; count != 0; --count, blocks += Sha256::kBlockSize)
    compress_block(state, blocks, std::make_index_sequence<64>{});
}

}  // namespace socketserver
