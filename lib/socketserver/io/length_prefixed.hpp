// Messages on a stream, each with its length in front.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/io/framing.hpp"
#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"

namespace socketserver {

/// Sends and receives messages of any bytes, each with its length in front as io/framing.hpp has it: what
/// struct.pack('i', len(message)) + message is in Python.
///
///     LengthPrefixed messages(rfile(), wfile());
///     while (auto message = messages.receive()) messages.send(upper(*message));
///
/// Borrows both files, which must outlive it; either may be over memory, and nothing is read ahead but by the
/// Reader. One thread at a time. Throws what they throw: after a TimeoutError receive() goes on where it was.
class LengthPrefixed {
 public:
  /// `limit` is of a message, in bytes and both ways. Memory grows with what arrives, not with what is
  /// announced. `time` is of all of a message that is received, from its first byte on: who sends a byte at a
  /// time, each in time for the socket, is not waited for any longer. By default he is.
  LengthPrefixed(Reader& reader, Writer& writer, std::size_t limit = kMessageLimit, Timeout time = {})
      : reader_(reader), writer_(writer), limit_(limit), time_(time) {}

  /// The next message, empty ones, too; nullopt where the stream ends between two. Throws FramingError for a
  /// length that is negative or over the limit, after which nothing can be told apart any more, EOFError when
  /// the stream ends within a length or a message, and TimeoutError.
  std::optional<std::string> receive();

  /// Writes the length and the message as one; flush() of the writer is the caller's business. Throws
  /// std::length_error for a message over the limit, or of 2 GiB and more; nothing is written then.
  void send(std::string_view message);

 private:
  Reader& reader_;
  Writer& writer_;
  std::size_t limit_;
  Timeout time_;
  std::optional<Deadline> until_;      // of the same, once its first byte has come
  std::optional<std::size_t> length_;  // of the message that has begun
};

}  // namespace socketserver
