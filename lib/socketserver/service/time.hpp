// The time service: a strftime format comes in, the local time so formatted goes out.
//
// Every format has an answer, and none costs the server more than one pass over it:
//   - an empty one means "%Y-%m-%d %X";
//   - conversions are those of strftime in ISO C, with one flag of GNU's in front of the letter ("%-d");
//   - what is none of these, widths and a stray '%' among them, stays as it is;
//   - bytes that are not UTF-8, a NUL, and an answer of over 65,507 bytes get one line that begins "error: ".
// Names are those of the process's locale, "C" in the bundled programs. There no answer is longer than 12
// times its format ("%c" gives 24 bytes) but for the 19 of the empty one and the 60 of errors: what somebody
// who fakes his address can make a datagram server send to another.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

/// What fits a UDP datagram: 65,535 bytes without the headers of IPv4 and UDP.
constexpr std::size_t kMostTime = 65'507;

/// The answer to `format` at `time`, in the local time zone, as promised above. Any thread.
std::string time_answer(std::string_view format, std::time_t time);

/// For any server of datagrams: answers each with one. A datagram that was cut is answered by an error.
struct TimePacketHandler : BaseRequestHandler {
  void handle() override;
};

/// For any server of connections: a line with the format in, a line out, until the client ends its sending.
/// New lines in an answer (from "%n") become spaces. A line of over kMostTime bytes gets its error, and the
/// connection ends.
struct TimeLineHandler : StreamRequestHandler {
  void handle() override;
};

/// The client's side, over datagrams or a connection, whichever `socket` is of; it is connected, and its
/// timeouts count. One thread.
class TimeClient {
 public:
  explicit TimeClient(Socket socket) : socket_(std::move(socket)) {}
  TimeClient(const TimeClient&) = delete;
  TimeClient& operator=(const TimeClient&) = delete;

  /// Throws TimeoutError when no answer comes, EOFError when the server ends the connection, and over a
  /// connection std::invalid_argument for a format of several lines, FramingError for what is no line of
  /// UTF-8.
  std::string ask(std::string_view format);

 private:
  std::optional<std::string> read_answer();

  Socket socket_;
  Reader reader_{socket_};  // for connections
};

}  // namespace socketserver
