// The few operations on text that protocols need, in ASCII whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace socketserver {

/// a-z become A-Z; every other byte stays. Python: bytes.upper().
std::string upper(std::string_view text);

/// The same in place.
void make_upper(std::string& text) noexcept;

/// Without the ASCII white space at both ends. Python: bytes.strip().
std::string_view strip(std::string_view text) noexcept;

/// Are they the same but for a-z and A-Z?
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace socketserver
