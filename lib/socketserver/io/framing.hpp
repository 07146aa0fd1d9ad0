// Messages on a stream, each with its length in front: a 32-bit signed integer, little-endian, the form of
// Python's struct.pack('i', n) on every machine that matters. TCP itself keeps no boundaries.
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

/// The four bytes of `value`, and back; `bytes` must be four.
std::string pack_i32(std::int32_t value);
std::int32_t unpack_i32(std::string_view bytes);

/// `message` with its length in front. Throws std::length_error for 2 GiB and more.
std::string frame(std::string_view message);

/// Reads a length. FramingError when it is negative or over `limit` bytes, EOFError when the stream ends
/// within it.
std::size_t read_length(Reader& reader, std::size_t limit);

/// Reads a length and as many bytes. Throws as read_length() and Reader::read_exactly() do.
std::string read_frame(Reader& reader, std::size_t limit);

}  // namespace socketserver
