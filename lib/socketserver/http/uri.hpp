// Text within URIs and pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socketserver {

/// %HH become bytes, once; all else stays. nullopt where two hexadecimal digits do not follow a '%'. Python:
/// urllib.parse.unquote_to_bytes.
std::optional<std::string> percent_decode(std::string_view text);
/// For a path: all but letters, digits and -._~/ as %HH. Python: urllib.parse.quote.
std::string percent_encode(std::string_view text);
/// & < > " ' as references, for text and for attributes. Python: html.escape.
std::string html_escape(std::string_view text);

/// The part of a request's path before '?' or '#', decoded, without "." and "..", and relative to where files
/// are: "a/b" of "/a//./x/../b?c", "" of "/", "a/" of "/a/". Throws HTTPError 400 for what cannot be
/// decoded, or goes above the beginning, and 404 for what no file can be called: a part with NUL, or a '/'
/// that was encoded.
std::string relative_path(std::string_view path);

}  // namespace socketserver
