// Reading from a connection by lines or by counted bytes: what rfile() is.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// The stream ended in the middle of what was announced. Python: EOFError.
class EOFError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A buffered reader over a Socket, or over bytes in memory. Python: io.BufferedReader, io.BytesIO.
/// Borrows the socket, which must outlive it; one thread at a time. Throws what Socket::recv_into throws;
/// what read(), read_exactly(), readline() and readuntil() had by then stays in the buffer for the next call.
class Reader {
 public:
  /// Python's io.DEFAULT_BUFFER_SIZE.
  static constexpr std::size_t kDefaultBufferSize = 8192;
  /// Nobody sends lines of over 1 MiB for a good reason, and a peer must not fill the memory with one.
  static constexpr std::size_t kLineLimit = std::size_t{1} << 20;
  static constexpr std::size_t kAll = std::string::npos;

  /// With a buffer of 0 bytes nothing is read ahead: what was not asked for stays in the socket, and lines
  /// cost a system call for every byte.
  explicit Reader(Socket& socket, std::size_t buffer_size = kDefaultBufferSize);
  /// Reads `bytes`.
  explicit Reader(std::string bytes) : buffer_(std::move(bytes)), end_(buffer_.size()) {}

  /// The next line with its '\n'; the last one may lack it. nullopt at the end of the stream. With a
  /// `limit`, at most so many bytes, as in Python; without, std::length_error for a line over kLineLimit.
  std::optional<std::string> readline();
  std::optional<std::string> readline(std::size_t limit);
  /// All through the first `delimiter`, which is not empty, but at most `limit` bytes; less, without it,
  /// where the stream ends, and nullopt where it has ended. TimeoutError as read(). asyncio has one of this
  /// name.
  std::optional<std::string> readuntil(std::string_view delimiter, std::size_t limit,
                                       Deadline until = Deadline::never());
  /// Exactly `size` bytes, fewer only where the stream ends; by default all up to its end. TimeoutError where
  /// some have not come at `until`, however they drip.
  std::string read(std::size_t size = kAll, Deadline until = Deadline::never());
  /// The same into memory of the caller; returns how many.
  std::size_t readinto(std::span<char> bytes);
  /// The same, or EOFError that says how many are missing. Memory grows only with what arrives.
  std::string read_exactly(std::size_t size, Deadline until = Deadline::never());
  /// What is there, waiting only if that is nothing; at most `size` bytes, none at the end. Python: read1().
  std::string read1(std::size_t size);
  /// As read1(), into memory of the caller, and without a copy where the buffer is empty.
  std::size_t readinto1(std::span<char> bytes);
  /// What is in the buffer, after one recv if that is nothing; not consumed. Valid until the next call.
  std::string_view peek();
  /// Drops the first `size` bytes of what peek() gave.
  void skip(std::size_t size) noexcept { begin_ += size; }
  /// Is there something that can be had without asking the socket?
  bool has_buffered() const noexcept { return begin_ != end_; }

 private:
  std::string_view buffered() const { return std::string_view(buffer_).substr(begin_, end_ - begin_); }
  std::size_t fill();
  std::size_t take(std::span<char> bytes);
  void fill_in(std::span<char> bytes, std::size_t& done, Deadline until);
  void put_back(std::string bytes);

  Socket* socket_ = nullptr;  // none: only what is in the buffer
  std::string buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0, end_ = 0;  // of what is in the buffer and not yet read
};

}  // namespace socketserver
