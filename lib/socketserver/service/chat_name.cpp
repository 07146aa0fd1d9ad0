#include "socketserver/service/chat_name.hpp"

#include <algorithm>

#include "socketserver/json/utf8.hpp"

namespace socketserver {
namespace {

constexpr std::size_t kMost = 32;  // 8 characters of any script, 32 of the Latin one

struct Range {
  char32_t first, last;
};
// White space, controls, marks of direction, joiners, fillers and selectors of variants, of Unicode; and
// those at the end, which stand for nothing: with any of them two names could look the same.
constexpr Range kUnseen[] = {{0, 0x20},        {0x7F, 0xA0},     {0xAD, 0xAD},       {0x34F, 0x34F},
                             {0x61C, 0x61C},   {0x115F, 0x1160}, {0x1680, 0x1680},   {0x17B4, 0x17B5},
                             {0x180B, 0x180F}, {0x2000, 0x200F}, {0x2028, 0x202F},   {0x205F, 0x206F},
                             {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},
                             {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xE0000, 0x10FFFF}};

bool is_unseen(char32_t code) {
  return std::ranges::any_of(kUnseen, [code](Range one) { return one.first <= code && code <= one.last; });
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
