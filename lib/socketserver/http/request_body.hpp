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
  /// `most` bytes are accepted, if anybody wants to read them.
  RequestBody(Reader& reader, const RequestHead& head, std::uint64_t most);

  /// HTTPError 413 where it is known to be longer.
  void check_size() const;
  /// What is there of it, waiting only if that is nothing; 0 at its end. Throws what ChunkedReader does, and
  /// HTTPError 413: before anything is read where the length is known.
  std::size_t readinto1(std::span<char> bytes);
  /// Was all of it read?
  bool finished() const noexcept { return is_chunked_ ? chunks_.finished() : left_ == 0; }
  /// How much is left at least; for chunks nobody knows.
  std::uint64_t left() const noexcept { return is_chunked_ ? 0 : left_; }
  std::uint64_t received() const noexcept { return received_; }

 private:
  Reader* reader_;
  ChunkedReader chunks_;
  bool is_chunked_;
  std::uint64_t left_, most_, received_ = 0;
};

}  // namespace socketserver
