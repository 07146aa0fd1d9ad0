// Text of peers that cannot be trusted.
#pragma once

#include <string>
#include <string_view>

namespace socketserver {

/// Is it UTF-8 as RFC 3629 defines it: nothing overlong, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// For messages and logs: on one line, control characters and bytes that are not UTF-8 as \xHH, cut after
/// `most` bytes with "..." behind.
std::string printable(std::string_view text, std::size_t most = 200);

}  // namespace socketserver
