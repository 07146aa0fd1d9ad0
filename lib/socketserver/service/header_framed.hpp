// Messages on a stream, each with a JSON header in front that tells its size, and whatever else there is to
// tell. Here, and not in io/, because of the JSON: who wants the other two framings needs none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/io/length_prefixed.hpp"
#include "socketserver/json/json.hpp"
#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// Reads a frame (io/framing.hpp) that holds a JSON object of at most `limit` bytes. Throws as read_frame()
/// does, and JsonError for what is no object.
Json read_header(Reader& reader, std::size_t limit, Deadline until = Deadline::never());

/// What HeaderFramed takes and gives at most, in bytes, and for how long it waits.
struct HeaderFramedLimits {
  /// A name and a message of some KiB each fit; a peer that needs more is none of ours.
  std::size_t header = 65536;
  std::uint64_t body = kMessageLimit;
  /// Of all of a header, from its first byte on, and then of all of the body that receive() takes, whatever
  /// the socket's timeouts are, which each byte begins anew.
  Timeout time = {};
};

/// Sends and receives messages in three parts: the length of a JSON object, the object, and as many bytes as
/// it says under one of its keys.
///
///     HeaderFramed messages(rfile(), wfile(), "data_size");
///     while (auto message = messages.receive())
///       messages.send(Json::object({{"status", 0}}), upper(message->body));
///
/// Borrows both files, which must outlive it; either may be over memory, and nothing is read ahead but by the
/// Reader. One thread at a time. Throws what they throw: after a TimeoutError the same call goes on where it
/// was.
class HeaderFramed {
 public:
  struct Message {
    Json header;
    std::string body;
  };

  HeaderFramed(Reader& reader, Writer& writer, std::string size_key, const HeaderFramedLimits& limits = {});

  /// The next message; nullopt where the stream ends between two. Throws FramingError for a length or a size
  /// that is negative or over its limit, JsonError for a header that is no object or does not tell the size
  /// as an integer, EOFError when the stream ends within a message. After any of these nothing can be told
  /// apart any more. Memory grows with what arrives, not with what is announced.
  std::optional<Message> receive();

  /// Writes all of a message as one, with the size in front of the other keys; flush() of the writer is the
  /// caller's business. A size that `header` has itself does not count. Throws std::length_error for what is
  /// over a limit; nothing is written then.
  void send(const Json& header, std::string_view body);

  // ---- piece by piece, for bodies that no memory should hold ----

  /// The header alone, as receive(). What was not received of the last body is passed over.
  std::optional<Json> receive_header();
  /// What is there of the body, waiting only if that is nothing: at most `most` bytes, none at the body's
  /// end. EOFError when the stream ends before.
  std::string receive_some(std::size_t most);
  /// How much of the body receive_some() has not yet given.
  std::uint64_t remaining() const noexcept { return remaining_; }
  /// Writes a header for `size` bytes, which the caller then writes to the writer. Throws as send().
  void send_header(const Json& header, std::uint64_t size);

 private:
  std::string framed_header(const Json& header, std::uint64_t size) const;

  Reader& reader_;
  Writer& writer_;
  std::string size_key_;
  HeaderFramedLimits limits_;
  LengthPrefixed headers_;
  std::uint64_t remaining_ = 0;
  Deadline until_;             // of the body
  std::optional<Json> begun_;  // the header of a message that receive() could not finish
};

}  // namespace socketserver
