#include "socketserver/io/ascii.hpp"

#include <algorithm>

namespace socketserver {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\v\f";

char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

void make_upper(std::string& text) noexcept {
  for (char& c : text) c = to_upper(c);
}

std::string upper(std::string_view text) {
  std::string result(text);
  make_upper(result);
  return result;
}

std::string_view strip(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_upper(x) == to_upper(y); });
}

}  // namespace socketserver
