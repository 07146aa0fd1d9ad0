#include "socketserver/io/ascii.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r\v\f";

}  // namespace

void make_upper(std::string& text) noexcept {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
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

}  // namespace socketserver
