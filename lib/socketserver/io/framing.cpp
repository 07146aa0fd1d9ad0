#include "socketserver/io/framing.hpp"

#include <cassert>
#include <limits>

namespace socketserver {
namespace {

constexpr std::size_t kLengthSize = 4;

}  // namespace

void check_limit(std::uint64_t size, std::uint64_t limit) {
  if (size > limit)
    throw std::length_error("a message of " + std::to_string(size) + " bytes is over the limit of " +
                            std::to_string(limit));
}

std::string pack_i32(std::int32_t value) {
  std::string bytes;
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(static_cast<std::uint32_t>(value) >> shift & 0xFF);
  return bytes;
}

std::int32_t unpack_i32(std::string_view bytes) {
  assert(bytes.size() == kLengthSize);
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kLengthSize; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  return static_cast<std::int32_t>(value);
}

std::string frame(std::string_view message) {
  if (message.size() > std::size_t{std::numeric_limits<std::int32_t>::max()})
    throw std::length_error("a message of " + std::to_string(message.size()) +
                            " bytes is too long for its length");
  return pack_i32(static_cast<std::int32_t>(message.size())).append(message);
}

std::size_t read_length(Reader& reader, std::size_t limit, Deadline until) {
  const std::int32_t length = unpack_i32(reader.read_exactly(kLengthSize, until));
  if (length < 0) throw FramingError("the length " + std::to_string(length) + " is negative");
  if (static_cast<std::size_t>(length) > limit)
    throw FramingError("the length " + std::to_string(length) + " is over the limit of " +
                       std::to_string(limit) + " bytes");
  return static_cast<std::size_t>(length);
}

std::string read_frame(Reader& reader, std::size_t limit, Deadline until) {
  return reader.read_exactly(read_length(reader, limit, until), until);
}

}  // namespace socketserver
