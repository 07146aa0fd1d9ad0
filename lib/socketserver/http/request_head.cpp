#include "socketserver/http/request_head.hpp"

#include <algorithm>
#include <limits>

#include "socketserver/http/status.hpp"
#include "socketserver/http/syntax.hpp"
#include "socketserver/io/ascii.hpp"

namespace socketserver {
namespace {

// For a person to see what it was.
constexpr std::size_t kShownOfLine = 100;

[[noreturn]] void bad_request(const char* why) { throw HTTPError(HTTPStatus::BAD_REQUEST, why); }

// Names, addresses and ports; what else is there serves only to confuse.
bool is_host(std::string_view host) {
  return http::is_field_value(host) && host.find_first_of(" \t/\\?#@,<>\"") == host.npos;
}

std::string_view without_scheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (target.size() >= scheme.size() && equal_ignoring_case(target.substr(0, scheme.size()), scheme))
      return target.substr(scheme.size());
  return {};
}

}  // namespace

// ---- HeaderFields ----

std::optional<std::string_view> HeaderFields::get(std::string_view name) const noexcept {
  for (const Field& field : fields_)
    if (equal_ignoring_case(view(field.name), name)) return view(field.value);
  return std::nullopt;
}

std::string_view HeaderFields::get(std::string_view name, std::string_view otherwise) const noexcept {
  return get(name).value_or(otherwise);
}

std::vector<std::string_view> HeaderFields::get_all(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const Field& field : fields_)
    if (equal_ignoring_case(view(field.name), name)) all.push_back(view(field.value));
  return all;
}

// ---- collecting ----

void RequestHead::clear() noexcept {
  HeaderFields kept = std::move(fields_);
  kept.text_.clear();
  kept.fields_.clear();
  *this = RequestHead();
  fields_ = std::move(kept);
}

std::size_t RequestHead::feed(std::string_view bytes) {
  begun_ = begun_ || !bytes.empty();
  std::size_t taken = 0;
  while (taken < bytes.size() && !complete_) {
    const std::size_t newline = bytes.find('\n', taken);
    const std::size_t end = newline == bytes.npos ? bytes.size() : newline + 1;
    fields_.text_ += bytes.substr(taken, end - taken);
    taken = end;
    check_size();
    if (newline != bytes.npos) end_line(fields_.text_.size() - 1);
  }
  return taken;
}

void RequestHead::check_size() const {
  if (fields_begin_ == 0 && fields_.text_.size() > kLongestRequestLine)
    throw HTTPError(HTTPStatus::REQUEST_URI_TOO_LONG);
  if (fields_begin_ != 0 && fields_.text_.size() - fields_begin_ > kMostFieldBytes)
    throw HTTPError(HTTPStatus::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

// A line whose '\n' is at `end`. Empty ones before the first are no request (RFC 9112, section 2.2).
void RequestHead::end_line(std::size_t end) {
  const bool cr = end > line_begin_ && fields_.text_[end - 1] == '\r';
  const bool first = fields_begin_ == 0;
  if (first) bare_lf_ = !cr;
  if (bare_lf_ == cr) bad_request("The lines of the head end differently");
  const Span line{line_begin_, end - line_begin_ - (cr ? 1 : 0)};
  line_begin_ = end + 1;
  if (line.size > 0) {
    first ? parse_request_line(line) : parse_field(line);
  } else if (!first) {
    complete_ = true;
    interpret();
  }
}

// ---- the request line ----

void RequestHead::parse_request_line(Span line) {
  line_ = line;
  fields_begin_ = line_begin_;
  const std::string_view text = fields_.view(line);
  const std::size_t first = text.find(' '), last = text.rfind(' ');
  if (first == text.npos || first == last || text.find(' ', first + 1) != last)
    bad_request("The request line is not of the form: method target version");
  method_ = {line.begin, first};
  target_ = {line.begin + first + 1, last - first - 1};
  version_ = {line.begin + last + 1, text.size() - last - 1};
  if (!http::is_token(method())) bad_request("The method is no token");
  parse_version();
  check_target();
}

void RequestHead::parse_version() {
  const std::string_view text = version();
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7]))
    bad_request("The version is not of the form: HTTP/1.1");
  if (text[5] != '1') throw HTTPError(HTTPStatus::HTTP_VERSION_NOT_SUPPORTED);
  http_1_1_ = text[7] != '0';  // a later 1.x is understood as the latest that we know
}

// RFC 9112, section 3.2: a path, "*" of OPTIONS, host and port of CONNECT, or a whole URI.
void RequestHead::check_target() const {
  const std::string_view text = target();
  const auto is_forbidden = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  if (text.empty() || std::ranges::any_of(text, is_forbidden)) bad_request("The target is no URI");
  if (method() == "CONNECT" ? is_host(text) : text.front() == '/') return;
  if (text == "*" && method() == "OPTIONS") return;
  const std::string_view rest = without_scheme(text), authority = rest.substr(0, rest.find_first_of("/?#"));
  if (method() == "CONNECT" || authority.empty() || !is_host(authority)) bad_request("The target is no URI");
}

std::string_view RequestHead::request_line() const noexcept {
  return fields_.view(line_.size > 0 ? line_ : Span{line_begin_, kShownOfLine});
}

std::string_view RequestHead::path() const noexcept {
  const std::string_view text = target();
  if (text.empty() || text.front() == '/' || text == "*" || method() == "CONNECT") return text;
  const std::string_view rest = without_scheme(text);
  const std::size_t begin = rest.find_first_of("/?#");
  return begin == rest.npos || rest[begin] != '/' ? std::string_view("/") : rest.substr(begin);
}

// ---- the fields ----

void RequestHead::parse_field(Span line) {
  const std::string_view text = fields_.view(line);
  if (text.front() == ' ' || text.front() == '\t') bad_request("A header field is folded");
  const std::size_t colon = http::find_field_colon(text);
  if (colon == text.npos) bad_request("A header field is not of the form: name, colon, value");
  if (!http::is_field_value(text)) bad_request("A header field holds a control character");
  if (fields_.fields_.size() == kMostFields) throw HTTPError(HTTPStatus::REQUEST_HEADER_FIELDS_TOO_LARGE);
  const std::string_view value = http::trim(text.substr(colon + 1));
  const auto begin = static_cast<std::size_t>(value.data() - fields_.text_.data());
  fields_.fields_.push_back({{line.begin, colon}, {begin, value.size()}});
}

void RequestHead::interpret() {
  for (std::size_t i = 0; i < fields_.size(); ++i) interpret_field(fields_.name(i), fields_.value(i));
  if (hosts_ > 1 || (hosts_ == 0 && http_1_1_)) bad_request("There must be one field Host");
  check_framing();
  keep_alive_ = !wants_close_ && (http_1_1_ || wants_keep_alive_);
}

// Told apart by the length first: most fields are none of these.
void RequestHead::interpret_field(std::string_view name, std::string_view value) {
  const auto is = [&](std::string_view other) {
    return name.size() == other.size() && equal_ignoring_case(name, other);
  };
  if (is("Host")) {
    ++hosts_;
    if (!is_host(value)) bad_request("The field Host is no host");
  } else if (is("Content-Length")) {
    interpret_length(value);
  } else if (is("Transfer-Encoding")) {
    interpret_codings(value);
  } else if (is("Connection")) {
    http::for_each_element(value, [&](std::string_view option) {
      wants_close_ |= equal_ignoring_case(option, "close");
      wants_keep_alive_ |= equal_ignoring_case(option, "keep-alive");
    });
  } else if (is("Expect") && http_1_1_) {
    expects_continue_ = equal_ignoring_case(value, "100-continue");
    if (!expects_continue_) throw HTTPError(HTTPStatus::EXPECTATION_FAILED);
  }
}

void RequestHead::interpret_length(std::string_view value) {
  if (has_length_) bad_request("There are two fields Content-Length");
  has_length_ = true;
  const auto length = http::parse_decimal(value);
  if (!length) bad_request("Content-Length is no number");
  if (*length == std::numeric_limits<std::uint64_t>::max())
    throw HTTPError(HTTPStatus::REQUEST_ENTITY_TOO_LARGE);
  content_length_ = *length;
}

void RequestHead::interpret_codings(std::string_view value) {
  const unsigned before = codings_;
  http::for_each_element(value, [&](std::string_view coding) {
    ++codings_;
    if (chunked_) bad_request("Something comes after the chunked coding");
    chunked_ = equal_ignoring_case(coding, "chunked");
  });
  if (codings_ == before) bad_request("Transfer-Encoding is empty");
}

// RFC 9112, section 6.3.
void RequestHead::check_framing() {
  has_body_ = codings_ > 0 || has_length_;
  if (codings_ == 0) {
    if (expects_continue_ && content_length_ == 0)
      expects_continue_ = false;  // there is nothing to wait with
    return;
  }
  if (has_length_) bad_request("There are both Content-Length and Transfer-Encoding");
  if (!http_1_1_) bad_request("HTTP/1.0 has no Transfer-Encoding");
  if (!chunked_) bad_request("The last coding is not chunked");
  if (codings_ > 1) throw HTTPError(HTTPStatus::NOT_IMPLEMENTED, "The transfer coding is not known here");
}

}  // namespace socketserver
