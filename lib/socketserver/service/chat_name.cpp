#include "socketserver/service/chat_name.hpp"

#include "socketserver/json/utf8.hpp"

namespace socketserver {
namespace {

constexpr std::size_t kMost = 32;  // 8 characters of any script, 32 of the Latin one

// White space, marks of direction and joiners, of Unicode; and those at the end, which stand for nothing.
bool is_unseen(char32_t code) {
  return code <= 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0xAD || code == 0x61C || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F) ||
         (code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0xFEFF || code >= 0xE0000;
}

}  // namespace

bool is_chat_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMost) return false;
  if (name.front() == '*' || name.front() == '/' || name.front() == '@') return false;
  while (!name.empty()) {
    const Utf8Char character = decode_utf8(name);
    if (character.size == 0 || is_unseen(character.code) || character.code == ':' || character.code == ',')
      return false;
    name.remove_prefix(character.size);
  }
  return true;
}

}  // namespace socketserver
