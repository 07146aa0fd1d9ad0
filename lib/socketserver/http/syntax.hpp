// What the grammar of HTTP is made of: tokens, field values, lists (RFC 9110, section 5.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace socketserver::http {

/// Is it a token: a name of a method, or of a header field?
bool is_token(std::string_view text) noexcept;
/// May it be a field's value: no control characters but the tab?
bool is_field_value(std::string_view text) noexcept;
/// Where the colon is of a header field, in a line without its end; npos where no token is before one, and
/// so for a folded line.
std::size_t find_field_colon(std::string_view line) noexcept;
/// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;
/// A number that consists of decimal digits alone; nullopt for all else. What is beyond 64 bits is the
/// largest number there is.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;
/// The value of a hexadecimal digit, -1 for what is none.
int hex_value(char c) noexcept;

/// Calls `each` for every element of a comma-separated list; empty elements are none.
template <class Each>
void for_each_element(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) each(element);
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
}

}  // namespace socketserver::http
