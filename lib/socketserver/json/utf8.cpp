#include "socketserver/json/utf8.hpp"

#include <cassert>

namespace socketserver {
namespace {

constexpr char32_t kLastCode = 0x10ffff;

// The smallest code that needs so many bytes: a smaller one in that form is overlong.
constexpr char32_t kSmallest[]{0, 0, 0x80, 0x800, 0x10000};

std::size_t size_from_first(unsigned char byte) noexcept {
  if (byte < 0x80) return 1;
  if ((byte & 0xe0) == 0xc0) return 2;
  if ((byte & 0xf0) == 0xe0) return 3;
  if ((byte & 0xf8) == 0xf0) return 4;
  return 0;
}

char continuation(char32_t code, int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); }

bool is_surrogate(char32_t code) noexcept { return is_high_surrogate(code) || is_low_surrogate(code); }

}  // namespace

Utf8Char decode_utf8(std::string_view bytes) noexcept {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t size = size_from_first(first);
  if (size == 1) return {first, 1};
  if (size == 0 || size > bytes.size()) return {};

  char32_t code = first & (0x7fU >> size);
  for (const char c : bytes.substr(1, size - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) return {};
    code = code << 6 | (byte & 0x3fU);
  }
  if (code < kSmallest[size] || code > kLastCode || is_surrogate(code)) return {};
  return {code, size};
}

void append_utf8(std::string& text, char32_t code) {
  assert(code <= kLastCode && !is_surrogate(code));
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += {static_cast<char>(0xc0 | code >> 6), continuation(code, 0)};
  } else if (code < 0x10000) {
    text += {static_cast<char>(0xe0 | code >> 12), continuation(code, 6), continuation(code, 0)};
  } else {
    text += {static_cast<char>(0xf0 | code >> 18), continuation(code, 12), continuation(code, 6),
             continuation(code, 0)};
  }
}

}  // namespace socketserver
