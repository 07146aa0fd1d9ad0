// The body of a request, however it is delimited.
#pragma once

#include <cstdint>
#include <span>

#include "socketserver/http/chunked.hpp"
#include "socketserver/http/request_head.hpp"

namespace socketserver {

/// Reads the body that a head announces off a stream, and nothing behind it. Borrows the reader. One thread.
class RequestBody {
 public:
  /// `most` bytes are accepted. HTTPError 413 for a longer one: at once where its length is known.
  RequestBody(Reader& reader, const RequestHead& head, std::uint64_t most);

  /// What is there of it, waiting only if that is nothing; 0 at its end. Throws what ChunkedReader does, and
  /// HTTPError 413.
  std::size_t readinto1(std::span<char> bytes);
  /// Was all of it read?
  bool finished() const noexcept { return is_chunked_ ? chunks_.finished() : left_ == 0; }
  /// How much is left at least; for chunks nobody knows.
  std::uint64_t left() const noexcept { return is_chunked_ ? 0 : left_; }
  std::uint64_t received() const noexcept { return received_; }
  /// Reads the rest and drops it; false when it is not at its end after `most` more bytes. Throws as
  /// readinto1().
  bool discard(std::uint64_t most);

 private:
  Reader* reader_;
  ChunkedReader chunks_;
  bool is_chunked_;
  std::uint64_t left_, most_, received_ = 0;
};

}  // namespace socketserver
