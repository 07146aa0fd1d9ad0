#include "socketserver/service/message.hpp"

#include "socketserver/service/text.hpp"

namespace socketserver {

std::string_view without_line_end(std::string_view text) noexcept {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string shown_message(const Address& from, std::string_view text) {
  constexpr std::size_t kMost = 4 * 65'536;  // a datagram of which every byte is escaped, so nothing is cut
  return "[" + printable(from.to_string()) + "] " + printable(without_line_end(text), kMost);
}

std::string quoted_start(std::string_view line) {
  constexpr std::size_t kMost = 20;  // two or three words
  return "'" + printable(line, kMost) + "'";
}

std::string told_too_long(std::string_view line, std::string_view taker, std::size_t most) {
  return "not said: a line of " + std::to_string(line.size()) + " bytes (" + quoted_start(line) + "); " +
         std::string(taker) + " takes " + std::to_string(most);
}

}  // namespace socketserver
