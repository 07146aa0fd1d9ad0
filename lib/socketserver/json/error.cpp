#include "socketserver/json/error.hpp"

namespace socketserver {

std::string json_quoted(std::string_view text) {
  // Enough to recognise a key by, and the message still fits a line of a log.
  constexpr std::size_t kLongest = 40;
  constexpr std::string_view kDigits = "0123456789abcdef";

  std::string result = "\"";
  for (const char c : text.substr(0, kLongest)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  result += text.size() > kLongest ? "...\"" : "\"";
  return result;
}

}  // namespace socketserver
