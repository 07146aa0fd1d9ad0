#include "socketserver/service/text.hpp"

#include "socketserver/json/utf8.hpp"
#include "socketserver/server/log.hpp"

namespace socketserver {
namespace {

// U+0080..U+009F are control characters of terminals, too.
bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = decode_utf8(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  while (!text.empty() && out.size() < most) {
    const Utf8Char character = decode_utf8(text);
    const bool plain = character.size > 0 && !is_control(character.code);
    const std::size_t size = plain ? character.size : 1;
    if (plain)
      out += text.substr(0, size);
    else
      append_escaped(out, text.front());
    text.remove_prefix(size);
  }
  return text.empty() ? out : out + "...";
}

}  // namespace socketserver
