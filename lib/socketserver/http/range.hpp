// The field Range (RFC 9110, section 14): one part of a file.
#pragma once

#include <cstdint>
#include <string_view>

namespace socketserver {

/// What of a representation is wanted.
struct ByteRange {
  enum class Kind {
    kWhole,          ///< the field is none that we serve: it is as if it were not there
    kPart,           ///< `count` bytes from `first` on
    kUnsatisfiable,  ///< there is nothing of it: status 416
  };
  Kind kind = Kind::kWhole;
  std::uint64_t first = 0, count = 0;
};

/// `field` is the field's value, `size` that of the representation. Several ranges are the whole, which RFC
/// 9110 allows: whoever wants many small ones would get more bytes of heads than of the file.
ByteRange parse_range(std::string_view field, std::uint64_t size);

}  // namespace socketserver
