// The client's side of the exec service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/io/reader.hpp"
#include "socketserver/io/writer.hpp"
#include "socketserver/service/exec.hpp"

namespace socketserver {

/// What a server answered. Only json tells more than `data`.
struct ExecAnswer {
  std::string data;    ///< stdout, or stderr where that came instead, or both where nobody told them apart
  std::string errors;  ///< stderr, where the server told the streams apart
  std::optional<std::int64_t> status;  ///< the exit status
  std::optional<std::int64_t> signal;  ///< the signal that ended it
  bool timed_out = false, truncated = false;
};

/// Runs commands on a connection, one after the other. Borrows the socket, which must outlive it, and whose
/// timeouts bound every wait. Throws OSError, EOFError when the server goes in the middle, FramingError or
/// JsonError for an answer that is none; after each of these the connection is of no more use. One thread.
class ExecClient {
 public:
  /// More than our own server ever sends by default; a hostile one must not fill the memory.
  static constexpr std::size_t kAnswerLimit = std::size_t{64} << 20;
  /// After so long without a byte a raw answer counts as whole: a guess, which is what that form teaches.
  static constexpr std::chrono::milliseconds kQuiet{200};

  ExecClient(Socket& socket, ExecFraming framing);

  /// Throws std::length_error for a command that is longer than a request may be, std::invalid_argument for
  /// an empty one, which no server could see.
  ExecAnswer run(std::string_view command);

 private:
  ExecAnswer read_raw();
  ExecAnswer read_ready();
  ExecAnswer read_length_prefixed();
  ExecAnswer read_json();

  Socket& socket_;
  ExecFraming framing_;
  Reader reader_;
  Writer writer_;
};

}  // namespace socketserver
