// Handlers of HTTP, after Python's http.server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/http/body_socket.hpp"
#include "socketserver/http/request_body.hpp"
#include "socketserver/http/request_head.hpp"
#include "socketserver/http/response.hpp"
#include "socketserver/http/status.hpp"
#include "socketserver/net/pace.hpp"

namespace socketserver {

/// Derive from it and override do_GET() and its like; each is called for a request whose head is understood.
///
///     struct Hello : BaseHTTPRequestHandler {
///       void do_GET() override { send_text(200, "text/plain", "hello\n"); }
///     };
///     ThreadingHTTPServer({"127.0.0.1", 8000}, handler<Hello>()).serve_forever();
///
/// One handler serves a connection, with all its requests one after the other, as long as both sides want to
/// go on. What a method throws becomes an answer where none has begun: HTTPError its status, everything else
/// 500, after which it goes to handle_error() and the connection ends.
/// Python: http.server.BaseHTTPRequestHandler; unlike there the protocol is HTTP/1.1, and a body need not be
/// counted: rfile() ends where it ends, and wfile() announces what is written.
class BaseHTTPRequestHandler : public StreamRequestHandler {
 public:
  /// As Apache's.
  static constexpr std::chrono::seconds kHeadTimeout{20}, kBodyTimeout{20};

  // ---- settings: set them in the derived class's constructor ----
  /// What the field Server says.
  std::string server_version = "socketserver/0.1";
  /// Of a request's body, in bytes; a longer one is answered 413. As nginx's: forms and JSON fit.
  std::uint64_t max_body_size = std::uint64_t{1} << 20;
  /// From the first byte of a head to its end, in all; then 408.
  Timeout head_timeout = kHeadTimeout;
  /// For a body, and a second more for every body_rate bytes that have come; then 408.
  Timeout body_timeout = kBodyTimeout;
  std::uint64_t body_rate = 500;

  BaseHTTPRequestHandler();

  // ---- for overriders: the methods. By default 501, or 405 where allowed_methods() names others ----
  virtual void do_GET() { do_method(); }
  /// As do_GET(), of whose answer only the head is sent.
  virtual void do_HEAD() { do_GET(); }
  virtual void do_POST() { do_method(); }
  virtual void do_PUT() { do_method(); }
  virtual void do_DELETE() { do_method(); }
  virtual void do_PATCH() { do_method(); }
  virtual void do_TRACE() { do_method(); }
  virtual void do_CONNECT() { do_method(); }
  /// Where allowed_methods() names some, it answers with them.
  virtual void do_OPTIONS();
  /// All methods that have no function of their own: command() tells which.
  virtual void do_method();
  /// What this path() can be asked, "GET, HEAD"; nothing: not known, so that other methods give 501.
  virtual std::string allowed_methods() const { return {}; }

  // ---- for overriders: the rest ----
  /// Before the body of a request is read that waits for a word: says "100 Continue", or throws an HTTPError.
  virtual void handle_expect_100();
  /// After each answer; `size` is that of its body. By default a line in the form of web servers, as kInfo.
  virtual void log_request(int code, std::uint64_t size);
  /// Client, time and `text`, by the server's log_message() as kInfo.
  virtual void log_message(std::string_view text);
  virtual std::string version_string() const { return server_version; }
  /// The client's address, without its port.
  virtual std::string address_string() const;

  // ---- the request; valid until the method returns ----
  std::string_view command() const noexcept { return head_.method(); }
  /// With its query, as it was sent: still encoded.
  std::string_view path() const noexcept { return head_.path(); }
  std::string_view request_version() const noexcept { return head_.version(); }
  std::string_view requestline() const noexcept { return head_.request_line(); }
  const HeaderFields& headers() const noexcept { return head_.fields(); }
  /// The body of the request, chunked or not; it ends where that ends. Reading throws HTTPError, which may
  /// be left to pass.
  Reader& rfile() noexcept { return *body_in_; }

  // ---- the answer ----
  /// The status line, by default with the usual phrase, and the fields Server and Date. Python's name and
  /// order: send_response(), send_header() for each field, end_headers(), then the body to wfile(). They
  /// throw what Response does.
  void send_response(int code, std::string_view phrase = {});
  void send_header(std::string_view name, std::string_view value) { response_->header(name, value); }
  void send_header(std::string_view name, std::uint64_t value) { send_header(name, std::to_string(value)); }
  void end_headers() { response_->end_headers(); }
  void send_response_only(int code, std::string_view phrase = {});  ///< without Server and Date
  void flush_headers();                                             ///< sends them before there is a body
  /// The body of the answer; sent when some KiB have come together, or by flush(). Its length may be open.
  Writer& wfile() noexcept { return *body_out_; }
  /// A whole answer, in one call.
  void send_text(int code, std::string_view content_type, std::string_view body);
  /// A page that says what is wrong, in place of what was not sent yet. Nothing, but for the connection's
  /// end, when an answer is on its way already.
  void send_error(int code, std::string_view phrase = {}, std::string_view explanation = {});
  /// `count` bytes of a file from `offset` on, after end_headers(): the whole body, where no Content-Length
  /// was sent. The connection ends where the file is shorter. Throws std::logic_error after a body of unknown
  /// length has begun.
  void send_file(int file, std::uint64_t offset, std::uint64_t count);
  /// Does the connection end after this request? May be set.
  bool close_connection = true;

  void setup() override;
  void handle() override;
  void finish() override;

 protected:
  virtual void handle_one_request();

 private:
  Reader& connection_in() noexcept { return StreamRequestHandler::rfile(); }
  Writer& connection_out() noexcept { return StreamRequestHandler::wfile(); }

  // Each in http_exchange.cpp.
  bool read_head();
  void collect_head();
  std::string_view peek_when_idle();
  bool has_unread();
  bool is_last();
  void answer();
  void answer_by_method();
  void dispatch();
  static bool has_function(std::string_view method) noexcept;
  void check_length_given() const;
  void answer_failure();
  void finish_answer();
  void abandon_answer() noexcept;
  void log_answer();
  void linger() noexcept;

  // And in http_bodies.cpp.
  void finish_request_body();
  bool leaves_too_much() const;
  void settle_connection();
  std::size_t read_body(std::span<char> bytes);
  std::size_t read_body_in_time(std::span<char> bytes);
  std::size_t write_body(std::string_view data);
  template <class Send>
  auto guard_sending(Send send);

  enum class Failure : unsigned char { kNone, kBody, kTimeout, kConnection };

  RequestHead head_;
  std::optional<RequestBody> body_;
  std::optional<Response> response_;
  BodySocket stream_;
  std::optional<Reader> body_in_;
  std::optional<Writer> body_out_;
  Pace body_pace_;
  bool awaits_continue_ = false;  // the client does
  bool finishing_ = false, abandoned_ = false, logged_ = false, lingers_ = false;
  Failure failure_ = Failure::kNone;
};

}  // namespace socketserver
