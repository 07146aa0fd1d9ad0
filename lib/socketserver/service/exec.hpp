// The exec service: run a command, send back its output. What both ends share, and the handler.
//
// A request is the raw bytes of one recv (at most kExecRequestSize): a shell command in UTF-8 without a
// terminator. Many follow one another on a connection, each sent after the answer to the last one was read.
// There are four forms of answer:
//
//   raw: all of stderr, then all of stdout; nothing tells its end (kept to teach why framing is needed).
//   ready: the length in decimal digits; the client sends "recv_ready"; then the bytes.
//   length: as LengthPrefixed sends it.
//   json: as HeaderFramed sends it, with the size under "data_size".
//
// In all but raw the bytes are stderr if there was any, otherwise stdout. The object of json always has
// "status", the exit status, or "signal", what ended the command, and where it was so "timed_out" and
// "truncated", true.
//
// Both streams apart: a client may end its command with kExecWantsStreams, a comment, which the shell of an
// old server passes over. Ours then sends stderr and stdout one after the other, and the object says where
// the border is, in "stderr_size" and "stdout_size". Without these keys the server is an old one.
#pragma once

#include <string>
#include <string_view>

#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/service/command.hpp"

namespace socketserver {

enum class ExecFraming { kRaw, kReady, kLength, kJson };

/// The names are raw, ready, length and json. Throws std::invalid_argument for another.
ExecFraming exec_framing(std::string_view name);

inline constexpr std::size_t kExecRequestSize = 1024;  ///< the protocol's
inline constexpr std::string_view kExecReady = "recv_ready";
inline constexpr const char* kExecSizeKey = "data_size";
inline constexpr std::string_view kExecWantsStreams = "\n#streams";

struct ExecOptions {
  ExecFraming framing = ExecFraming::kJson;
  CommandLimits limits;
};

/// Runs the commands of a connection until it ends. What is no command (not UTF-8, a NUL in it, longer than a
/// request may be) is answered by a line of stderr and status 126, as shells do; a request that was too long
/// ends the connection, since its rest would be taken for the next one. In `ready`, so does anything but
/// kExecReady, all of which has as long as `deadlines.read`, however it comes.
class ExecHandler : public StreamRequestHandler {
 public:
  explicit ExecHandler(const ExecOptions& options = {}) : options_(options) {}
  void handle() override;

 private:
  CommandResult execute(std::string_view command);
  void answer(const CommandResult& result, bool streams);
  std::string head_of(const CommandResult& result, bool streams, std::size_t size);
  bool send_ready(std::size_t size);

  ExecOptions options_;
};

}  // namespace socketserver
