#include "socketserver/http/base_http_request_handler.hpp"

#include <ctime>

#include "socketserver/http/http_date.hpp"
#include "socketserver/http/uri.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/server/log.hpp"

namespace socketserver {
namespace {

// Small answers, head and body, go in one send; a page of this size is worth a second one.
constexpr int kAnswerBuffer = 16'384;

// What IPv4 looks like to a server that listens for both.
constexpr std::string_view kMapped = "::ffff:";

// What a client sends must not make lines, or fields, of its own.
std::string for_log(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > 0x1F && c < 0x7F && c != '"' && c != '\\')
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

// As web servers write it: 21/Nov/2026:19:06:37 +0000. Always UTC: a zone would have to be looked up.
std::string log_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &parts));
}

std::string error_page(int code, std::string_view phrase, std::string_view explanation) {
  const std::string number = std::to_string(code);
  return "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" + number + " " +
         html_escape(phrase) + "</title>\n</head>\n<body>\n<h1>" + number + " " + html_escape(phrase) +
         "</h1>\n<p>" + html_escape(explanation) + "</p>\n</body>\n</html>\n";
}

}  // namespace

BaseHTTPRequestHandler::BaseHTTPRequestHandler()
    : stream_([this](std::span<char> bytes) { return read_body(bytes); },
              [this](std::string_view data) { return write_body(data); }) {
  wbufsize = kAnswerBuffer;
  disable_nagle_algorithm = true;  // the end of a long answer must not wait for the client's acknowledgement
}

void BaseHTTPRequestHandler::setup() {
  StreamRequestHandler::setup();
  response_.emplace(connection_out());
  body_out_.emplace(stream_, static_cast<std::size_t>(wbufsize));
}

// ---- methods ----

void BaseHTTPRequestHandler::do_method() {
  const std::string allowed = allowed_methods();
  const std::string method(command());
  if (allowed.empty() || !has_function(method))
    throw HTTPError(HTTPStatus::NOT_IMPLEMENTED, "The method " + method + " is not known here");
  const std::string page = error_page(HTTPStatus::METHOD_NOT_ALLOWED, "Method Not Allowed",
                                      "The method " + method + " is none of: " + allowed);
  send_response(HTTPStatus::METHOD_NOT_ALLOWED);
  send_header("Allow", allowed);
  send_header("Content-Type", "text/html; charset=utf-8");
  end_headers();
  wfile().write(page);
}

void BaseHTTPRequestHandler::do_OPTIONS() {
  const std::string allowed = allowed_methods();
  if (allowed.empty()) return do_method();
  send_response(HTTPStatus::NO_CONTENT);
  send_header("Allow", allowed);
  end_headers();
}

void BaseHTTPRequestHandler::handle_expect_100() {
  connection_out().write("HTTP/1.1 100 Continue\r\n\r\n");
  connection_out().flush();
}

std::string BaseHTTPRequestHandler::address_string() const {
  if (client_address().family() == AF_UNIX) return "unix";
  std::string host = client_address().host();
  const bool is_mapped = host.starts_with(kMapped) && host.find('.') != host.npos;
  return is_mapped ? host.substr(kMapped.size()) : host;
}

void BaseHTTPRequestHandler::log_request(int code, std::uint64_t size) {
  if (server().log_level > LogLevel::kInfo) return;
  log_message("\"" + for_log(requestline()) + "\" " + std::to_string(code) + " " + std::to_string(size));
}

void BaseHTTPRequestHandler::log_message(std::string_view text) {
  server().log_message(LogLevel::kInfo, address_string() + " - - [" + log_time() + "] " + std::string(text));
}

// ---- answers ----

void BaseHTTPRequestHandler::send_response_only(int code, std::string_view phrase) {
  response_->start(code, phrase.empty() ? http_phrase(code) : phrase);
}

void BaseHTTPRequestHandler::send_response(int code, std::string_view phrase) {
  send_response_only(code, phrase);
  send_header("Server", version_string());
  send_header("Date", http_date_now());
}

void BaseHTTPRequestHandler::send_text(int code, std::string_view content_type, std::string_view body) {
  send_response(code);
  send_header("Content-Type", content_type);
  if (!has_no_body(code)) send_header("Content-Length", body.size());
  end_headers();
  wfile().write(body);
}

void BaseHTTPRequestHandler::send_error(int code, std::string_view phrase, std::string_view explanation) {
  if (response_->committed()) return abandon_answer();
  body_out_.emplace(stream_, static_cast<std::size_t>(wbufsize));
  const std::string_view shown = phrase.empty() ? http_phrase(code) : phrase;
  const std::string page =
      error_page(code, shown, explanation.empty() ? http_explanation(code) : explanation);
  send_response(code, shown);
  if (code == HTTPStatus::SERVICE_UNAVAILABLE) send_header("Retry-After", "1");
  if (!has_no_body(code)) send_header("Content-Type", "text/html; charset=utf-8");
  end_headers();
  if (!has_no_body(code)) wfile().write(page);
}

}  // namespace socketserver
