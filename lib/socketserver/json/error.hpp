// What goes wrong with JSON: text that is none, and values that are not what a protocol expects.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace socketserver {

/// The one exception of this room. The message begins with "JSON: ", names what is wrong and, for text, the
/// byte (counted from 0): `JSON: duplicate key "a" at byte 17`. It is printable ASCII on one line whatever a
/// hostile peer sent, so it may be logged as it is.
class JsonError : public std::runtime_error {
 public:
  explicit JsonError(const std::string& what) : std::runtime_error("JSON: " + what) {}
};

/// `text` between double quotes, fit for such a message: bytes that are not printable ASCII, quotes and
/// backslashes as \xNN, and cut where it is longer than a message should be.
std::string json_quoted(std::string_view text);

}  // namespace socketserver
