// The head of an HTTP request: request line and header fields, read as strictly as RFC 9112 allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketserver {

/// Header fields in the order in which they came. Names are compared without regard to case. Python:
/// http.client.HTTPMessage.
class HeaderFields {
 public:
  /// The value of the first field of that name, without the spaces around it.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// The same, or `otherwise`.
  std::string_view get(std::string_view name, std::string_view otherwise) const noexcept;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  std::size_t size() const noexcept { return fields_.size(); }
  std::string_view name(std::size_t index) const noexcept { return view(fields_[index].name); }
  std::string_view value(std::size_t index) const noexcept { return view(fields_[index].value); }

 private:
  friend class RequestHead;
  struct Span {
    std::size_t begin = 0, size = 0;
  };
  struct Field {
    Span name, value;
  };
  std::string_view view(Span span) const noexcept {
    return std::string_view(text_).substr(span.begin, span.size);
  }

  std::string text_;  // the whole head; grows while it comes, so places in it are numbers
  std::vector<Field> fields_;
};

/// Collects the bytes of a head and takes it apart in place. What could be read in two ways, by which
/// requests are smuggled past a proxy, is refused: two lengths, a length beside chunks, white space before a
/// colon, folded lines, control characters, a line that ends otherwise than the first one did (all by CRLF
/// or, as people type them, all by LF). Kept for the next request, it keeps its memory. One thread.
class RequestHead {
 public:
  /// RFC 9112 wants 8,000 bytes of a request line at least; as many fields as Python takes.
  static constexpr std::size_t kLongestRequestLine = 8192;
  static constexpr std::size_t kMostFieldBytes = 65'536;
  static constexpr std::size_t kMostFields = 100;

  /// Takes what belongs to the head off the front of `bytes` and returns how much that was. Throws HTTPError:
  /// 400, 414 and 431 for what is too long, 501 for codings that are not known, 505, 413 for a length beyond
  /// all numbers, 417. After that the connection cannot be understood any more.
  std::size_t feed(std::string_view bytes);
  /// Is it all there? What is below counts from then on, the request line's parts as soon as that is.
  bool complete() const noexcept { return complete_; }
  /// Has anything of it come?
  bool begun() const noexcept { return begun_; }
  void clear() noexcept;

  /// Of one that has not ended, or is too long, how it begins.
  std::string_view request_line() const noexcept;
  std::string_view method() const noexcept { return fields_.view(method_); }
  /// As it was sent.
  std::string_view target() const noexcept { return fields_.view(target_); }
  /// The target without scheme and authority: "/a?b" of "http://host/a?b".
  std::string_view path() const noexcept;
  std::string_view version() const noexcept { return fields_.view(version_); }
  /// False: HTTP/1.0.
  bool is_http_1_1() const noexcept { return http_1_1_; }
  const HeaderFields& fields() const noexcept { return fields_; }

  /// May the connection go on after it?
  bool keep_alive() const noexcept { return keep_alive_; }
  /// How its body is delimited: in chunks, or by its length, 0 where there is none.
  bool chunked() const noexcept { return chunked_; }
  std::uint64_t content_length() const noexcept { return content_length_; }
  /// Was a length given, or chunks?
  bool has_body() const noexcept { return has_body_; }
  /// Does it wait for "100 Continue"?
  bool expects_continue() const noexcept { return expects_continue_; }

 private:
  using Span = HeaderFields::Span;
  void check_size() const;
  void end_line(std::size_t end);
  void parse_request_line(Span line);
  void parse_version();
  void check_target() const;
  void parse_field(Span line);
  void interpret();
  void interpret_field(std::string_view name, std::string_view value);
  void interpret_length(std::string_view value);
  void interpret_codings(std::string_view value);
  void check_framing();

  HeaderFields fields_;
  std::size_t line_begin_ = 0;    // of the line that is coming
  std::size_t fields_begin_ = 0;  // 0: the request line is not there yet
  Span line_, method_, target_, version_;
  bool begun_ = false, complete_ = false;
  bool bare_lf_ = false;  // how the first line ended
  bool http_1_1_ = false, keep_alive_ = false, expects_continue_ = false;
  bool chunked_ = false, has_length_ = false, has_body_ = false;
  unsigned hosts_ = 0, codings_ = 0;
  bool wants_close_ = false, wants_keep_alive_ = false;
  std::uint64_t content_length_ = 0;
};

}  // namespace socketserver
