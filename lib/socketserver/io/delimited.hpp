// Messages on a stream, each ended by a delimiter: lines are the best known ones.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/io/framing.hpp"
#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"

namespace socketserver {

/// Sends and receives messages that a delimiter ends. Made for text that a person may read and type; what may
/// hold any byte needs a length in front (LengthPrefixed), since no message can hold the delimiter.
///
///     Delimited messages(rfile(), wfile(), "\r\n");
///     while (auto message = messages.receive()) messages.send(upper(*message));
///
/// Borrows both files, which must outlive it; either may be over memory, and nothing is read ahead but by the
/// Reader. One thread at a time. Throws what they throw: after a TimeoutError receive() goes on where it was.
class Delimited {
 public:
  /// `limit` is of a message without its delimiter, in bytes and both ways: so much memory a peer can take.
  /// `time` is of a message that is received, as of LengthPrefixed. Throws std::invalid_argument for an empty
  /// delimiter.
  Delimited(Reader& reader, Writer& writer, std::string delimiter = "\n", std::size_t limit = kMessageLimit,
            Timeout time = {});

  /// The next message, without its delimiter, empty ones, too; nullopt where the stream ends between two.
  /// Throws FramingError when more than `limit` bytes come without a delimiter: what follows cannot be told
  /// apart any more. EOFError when the stream ends within a message; who wants such a rest all the same, as
  /// of a file whose last line was not ended, takes Reader::readline().
  std::optional<std::string> receive();

  /// Writes the message and its delimiter as one; flush() of the writer is the caller's business. Throws
  /// std::length_error for a message over the limit, and std::invalid_argument for one that the peer would
  /// see end too early: it holds the delimiter, or makes one together with the delimiter's beginning ("a"
  /// before "aa"). Nothing is written then.
  void send(std::string_view message);

 private:
  Reader& reader_;
  Writer& writer_;
  std::string delimiter_;
  std::size_t limit_;
  Timeout time_;
  std::optional<Deadline> until_;  // of the message that has begun
};

}  // namespace socketserver
