// The only file that knows a processor. Where its instructions are missing, the portable rounds do the work.
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/crypto/sha256_constants.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace socketserver {
namespace {

// By cpuid, as clang 14's __builtin_cpu_supports does not know "sha".
bool has_sha_instructions() noexcept {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return false;
  const bool vectors = (ecx & bit_SSSE3) != 0 && (ecx & bit_SSE4_1) != 0;
  return vectors && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA) != 0;
}

__attribute__((target("ssse3,sse4.1,sha"))) inline __m128i load_words(const char* bytes) noexcept {
  const __m128i swap_bytes = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)), swap_bytes);
}

// The next four words of the schedule, from the sixteen before them, oldest first.
__attribute__((target("ssse3,sse4.1,sha"))) inline __m128i next_words(__m128i a, __m128i b, __m128i c,
                                                                      __m128i d) noexcept {
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4)), d);
}

// The instructions want the state as the words A B E F and C D G H, the last of each lowest.
__attribute__((target("ssse3,sse4.1,sha"))) void compress_fast(Sha256Rounds::State& state, const char* blocks,
                                                               std::size_t count) noexcept {
  __m128i* const stored = reinterpret_cast<__m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(stored), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(stored + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

  const __m128i* const constants = reinterpret_cast<const __m128i*>(kSha256Constants.data());
  for (; count != 0; --count, blocks += Sha256::kBlockSize) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4] = {load_words(blocks), load_words(blocks + 16), load_words(blocks + 32),
                    load_words(blocks + 48)};
    for (int i = 0; i < 16; ++i) {
      const __m128i sum = _mm_add_epi32(w[0], _mm_load_si128(constants + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      const __m128i next = next_words(w[0], w[1], w[2], w[3]);
      w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(stored, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(stored + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

void Sha256Rounds::compress(State& state, const char* blocks, std::size_t count) noexcept {
  static const bool fast = has_sha_instructions();
  fast ? compress_fast(state, blocks, count) : PortableSha256Rounds::compress(state, blocks, count);
}

}  // namespace socketserver

#else

namespace socketserver {

void Sha256Rounds::compress(State& state, const char* blocks, std::size_t count) noexcept {
  PortableSha256Rounds::compress(state, blocks, count);
}

}  // namespace socketserver

#endif
