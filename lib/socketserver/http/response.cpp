#include "socketserver/http/response.hpp"

#include <charconv>
#include <stdexcept>

#include "socketserver/http/chunked.hpp"
#include "socketserver/http/status.hpp"
#include "socketserver/http/syntax.hpp"
#include "socketserver/io/ascii.hpp"

namespace socketserver {
namespace {

void append_number(std::string& text, std::uint64_t number) {
  char digits[20];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

bool mentions(std::string_view list, std::string_view wanted) {
  bool found = false;
  http::for_each_element(list, [&](std::string_view each) { found |= equal_ignoring_case(each, wanted); });
  return found;
}

}  // namespace

void Response::begin_anew(bool http_1_1, bool keep_alive, bool head_only) {
  std::string kept = std::move(head_);  // its memory
  kept.clear();
  *this = Response(*out_);
  head_ = std::move(kept);
  http_1_1_ = http_1_1;
  keep_alive_ = keep_alive;
  head_only_ = head_only;
}

void Response::start(int code, std::string_view phrase) {
  if (committed_) throw std::logic_error("the head of the response is sent already");
  if (code < 100 || code > 999) throw std::invalid_argument("a status has three digits");
  if (!http::is_field_value(phrase)) throw std::invalid_argument("the phrase holds a control character");
  const bool keep_alive = keep_alive_;
  begin_anew(http_1_1_, keep_alive, head_only_);
  code_ = code;
  has_body_ = !head_only_ && !has_no_body(code);
  head_ += "HTTP/1.1 ";
  append_number(head_, static_cast<std::uint64_t>(code));
  head_ += ' ';
  head_ += phrase;
  head_ += "\r\n";
}

void Response::header(std::string_view name, std::string_view value) {
  if (!started() || headers_ended_) throw std::logic_error("a header field outside of a head");
  if (!http::is_token(name) || !http::is_field_value(value))
    throw std::invalid_argument("a header field holds what it must not");
  note(name, value);
  head_ += name;
  head_ += ": ";
  head_ += value;
  head_ += "\r\n";
}

// What the body and the connection depend on.
void Response::note(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "Content-Length")) {
    length_ = http::parse_decimal(value);
    if (!length_) throw std::invalid_argument("Content-Length is no number");
  } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
    own_coding_ = true;
  } else if (equal_ignoring_case(name, "Connection")) {
    own_connection_ = true;
    if (mentions(value, "close")) keep_alive_ = false;
  }
}

void Response::end_headers() {
  if (!started()) throw std::logic_error("a head without a status");
  headers_ended_ = true;
}

// How the body is delimited is settled.
void Response::commit_as_is() {
  end_headers();
  if (!own_connection_ && !keep_alive_)
    head_ += "Connection: close\r\n";
  else if (!own_connection_ && !http_1_1_)
    head_ += "Connection: keep-alive\r\n";
  head_ += "\r\n";
  committed_ = true;
  out_->write(head_);
}

bool Response::is_interim() const noexcept {
  return code_ > 0 && code_ < 200 && code_ != HTTPStatus::SWITCHING_PROTOCOLS;
}

bool Response::delimited() const noexcept { return length_ || own_coding_ || has_no_body(code_); }

// Unless it is known otherwise where the body ends.
void Response::announce(std::uint64_t length) {
  if (committed_ || delimited()) return;
  length_ = length;
  head_ += "Content-Length: ";
  append_number(head_, length);
  head_ += "\r\n";
}

void Response::commit() {
  if (committed_) return;
  end_headers();
  if (is_interim()) return send_interim();
  if (!delimited() && http_1_1_) {
    chunked_ = has_body_;  // of HEAD there is none, but its head is that of GET
    head_ += "Transfer-Encoding: chunked\r\n";
  } else if (!delimited()) {
    keep_alive_ = false;
  }
  commit_as_is();
}

// Of RFC 9110, section 15.2: the answer itself comes later, and who speaks HTTP/1.0 is told of nothing else.
void Response::send_interim() {
  if (http_1_1_) out_->write(head_ + "\r\n");
  begin_anew(http_1_1_, keep_alive_, head_only_);
}

void Response::commit_final() {
  commit();
  if (!started()) throw std::logic_error("a response that only says what is to come has no body");
}

void Response::count(std::uint64_t size) {
  if (length_ && size > *length_ - body_size_)
    throw std::logic_error("the body is longer than its Content-Length");
  body_size_ += size;
}

void Response::commit_for(std::uint64_t size) {
  if (chunked_) throw std::logic_error("the body goes in chunks already");
  announce(size);
  if (has_body_) count(size);
  commit_final();
}

void Response::write(std::string_view data) {
  if (has_body_) count(data.size());
  commit_final();
  if (!has_body_ || data.empty()) return;
  if (chunked_) out_->write(chunk_begin(data.size()));
  out_->write(data);
  if (chunked_) out_->write(kChunkEnd);
}

void Response::finish(std::string_view last) {
  announce(last.size());
  if (!committed_ && length_ && has_body_ && last.size() < *length_) keep_alive_ = false;
  write(last);
  if (chunked_) out_->write(kLastChunk);
  if (length_ && has_body_ && body_size_ < *length_) keep_alive_ = false;
}

}  // namespace socketserver
