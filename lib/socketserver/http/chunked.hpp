// Bodies in chunks (RFC 9112, section 7.1), both ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "socketserver/io/reader.hpp"

namespace socketserver {

/// Reads a chunked body off a stream, and nothing behind it. Borrows the reader. One thread.
class ChunkedReader {
 public:
  /// Of a line with a chunk's size; extensions to it are ignored, as nobody sends any.
  static constexpr std::size_t kLongestSizeLine = 256;
  /// Of the trailer, which is checked and dropped.
  static constexpr std::size_t kMostTrailerBytes = 8192;

  explicit ChunkedReader(Reader& reader) : reader_(&reader) {}

  /// What is there of the body, waiting only if that is nothing; 0 at its end. Throws HTTPError 400 for what
  /// is no chunk (a size that is not hexadecimal, is too large or has white space beside it, a line that does
  /// not end by CRLF, data longer than said), EOFError where the stream ends, and what the reader throws.
  std::size_t readinto1(std::span<char> bytes);
  bool finished() const noexcept { return state_ == State::kEnd; }

 private:
  enum class State : unsigned char { kSize, kData, kDataEnd, kTrailer, kEnd };
  void advance();
  std::string line(std::size_t limit);

  Reader* reader_;
  State state_ = State::kSize;
  std::uint64_t left_ = 0;  // of this chunk
  std::size_t trailer_ = 0;
};

/// Appends `data` as a chunk. REQUIRES: it is not empty, since an empty chunk is the last one.
void append_chunk(std::string& text, std::string_view data);
/// What stands before the data of a chunk, and behind it.
std::string chunk_begin(std::size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace socketserver
