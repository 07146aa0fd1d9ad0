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

}  // namespace socketserver
