// UTF-8 (RFC 3629), one character at a time: what JSON text consists of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace socketserver {

/// A character, and how many bytes it takes.
struct Utf8Char {
  char32_t code = 0;
  std::size_t size = 0;  // 0: no character begins here
};

/// The character at the beginning of `bytes`, which must not be empty. Size 0 for everything that RFC 3629
/// forbids: a stray or missing continuation byte, a form longer than needed, a surrogate, a code above
/// U+10FFFF.
Utf8Char decode_utf8(std::string_view bytes) noexcept;

/// Appends `code`. REQUIRES: it is at most U+10FFFF and no surrogate.
void append_utf8(std::string& text, char32_t code);

constexpr bool is_high_surrogate(char32_t code) noexcept { return code >= 0xd800 && code <= 0xdbff; }
constexpr bool is_low_surrogate(char32_t code) noexcept { return code >= 0xdc00 && code <= 0xdfff; }

/// UTF-16 writes characters from here on as two surrogates of ten bits each, and \uXXXX is UTF-16.
inline constexpr char32_t kFirstSurrogatePair = 0x10000;

}  // namespace socketserver
