// TCP keeps no boundaries between messages: two that were sent may arrive as one, and one as two. There are
// three known cures, each a class over any Reader and Writer:
//
//   Delimited       io/delimited.hpp           something that no message holds ends each: lines
//   LengthPrefixed  io/length_prefixed.hpp     its length stands in front of each
//   HeaderFramed    service/header_framed.hpp  a header stands in front of each, in JSON, with its size
//
// Here is what the last two are made of: lengths, as 32-bit signed integers, little-endian, the form of
// Python's struct.pack('i', n) on every machine that matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "socketserver/io/reader.hpp"

namespace socketserver {

/// What the peer sent is no frame: nothing after it on this connection can be trusted.
class FramingError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the cures take and give at most unless told otherwise: far more than one line or one answer of most
/// protocols, and little enough for many clients' memory.
inline constexpr std::size_t kMessageLimit = std::size_t{1} << 20;

/// Throws std::length_error where a message that is to be sent has more than `limit` bytes.
void check_limit(std::uint64_t size, std::uint64_t limit);

/// The four bytes of `value`, and back; `bytes` must be four.
std::string pack_i32(std::int32_t value);
std::int32_t unpack_i32(std::string_view bytes);

/// `message` with its length in front. Throws std::length_error for 2 GiB and more.
std::string frame(std::string_view message);

/// Reads a length. FramingError when it is negative or over `limit` bytes, EOFError when the stream ends
/// within it, and TimeoutError as Reader::read().
std::size_t read_length(Reader& reader, std::size_t limit, Deadline until = Deadline::never());

/// Reads a length and as many bytes. Throws as read_length() and Reader::read_exactly() do.
std::string read_frame(Reader& reader, std::size_t limit, Deadline until = Deadline::never());

}  // namespace socketserver
