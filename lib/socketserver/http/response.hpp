// What goes back: the head of a response, and its body in the form that the head announces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/io/writer.hpp"

namespace socketserver {

/// Writes one response after the other. The head is kept until the first of the body comes, or the end: then
/// it is known how the body is delimited. A length that the handler gave counts; a body that is there as a
/// whole gets one; another one goes in chunks, or to a client of HTTP/1.0 until the connection closes. What
/// has no body (HEAD, 204, 304) gets none, whatever is written. Borrows the writer. One thread.
class Response {
 public:
  explicit Response(Writer& out) : out_(&out) {}

  /// For the next request.
  void begin_anew(bool http_1_1, bool keep_alive, bool head_only);
  /// The status line; forgets a head that was not sent yet. std::invalid_argument for a code that has not
  /// three digits, or a phrase with control characters, std::logic_error when the head is sent already.
  void start(int code, std::string_view phrase);
  /// A field of the head. std::invalid_argument for what is none, by which somebody could make fields of
  /// his own; std::logic_error when there is no status line, or the head is complete.
  void header(std::string_view name, std::string_view value);
  void end_headers();
  /// Has the client to be told that the connection ends? Counts until the head is sent.
  void set_close() noexcept { keep_alive_ = false; }

  bool started() const noexcept { return code_ != 0; }
  /// Is it one that only says what is to come: 1xx, but for 101? Sent, it is forgotten.
  bool is_interim() const noexcept;
  bool headers_ended() const noexcept { return headers_ended_; }
  /// Is the head sent, or at least past being changed?
  bool committed() const noexcept { return committed_; }
  int code() const noexcept { return code_; }
  /// Bytes of the body so far.
  std::uint64_t body_size() const noexcept { return body_size_; }
  /// May the connection go on after it? Not where only its end delimits the body, or less came than
  /// announced.
  bool keep_alive() const noexcept { return keep_alive_; }
  bool has_body() const noexcept { return has_body_; }

  /// Some of the body. std::logic_error beyond the length that the head has announced, and of an interim one.
  void write(std::string_view data);
  /// Sends the head, since nobody waits any more for the whole body to be known.
  void commit();
  /// The same, and so many bytes of the body follow by other means: all of it, where no length was announced.
  /// std::logic_error beyond that, or when the body goes in chunks already.
  void commit_for(std::uint64_t count);
  /// So many of them did not.
  void take_back(std::uint64_t count) noexcept { body_size_ -= count; }
  /// The rest of the body; its only part, perhaps.
  void finish(std::string_view last = {});

 private:
  void note(std::string_view name, std::string_view value);
  bool delimited() const noexcept;
  void announce(std::uint64_t length);
  void commit_as_is();
  void send_interim();
  void commit_final();
  void count(std::uint64_t size);

  Writer* out_;
  std::string head_;
  int code_ = 0;
  std::optional<std::uint64_t> length_;
  std::uint64_t body_size_ = 0;
  bool http_1_1_ = true, keep_alive_ = true, head_only_ = false;
  bool headers_ended_ = false, committed_ = false;
  bool chunked_ = false, own_coding_ = false, own_connection_ = false;
  bool has_body_ = true;
};

}  // namespace socketserver
