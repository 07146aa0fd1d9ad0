// The status codes of HTTP (RFC 9110, section 15), by Python's names.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace socketserver {

/// Plain numbers: send_response(200) and send_response(HTTPStatus::OK) are the same. Python: http.HTTPStatus.
namespace HTTPStatus {
// clang-format off
inline constexpr int CONTINUE = 100, SWITCHING_PROTOCOLS = 101, EARLY_HINTS = 103;
inline constexpr int OK = 200, CREATED = 201, ACCEPTED = 202, NO_CONTENT = 204, RESET_CONTENT = 205,
    PARTIAL_CONTENT = 206;
inline constexpr int MULTIPLE_CHOICES = 300, MOVED_PERMANENTLY = 301, FOUND = 302, SEE_OTHER = 303,
    NOT_MODIFIED = 304, TEMPORARY_REDIRECT = 307, PERMANENT_REDIRECT = 308;
inline constexpr int BAD_REQUEST = 400, UNAUTHORIZED = 401, FORBIDDEN = 403, NOT_FOUND = 404,
    METHOD_NOT_ALLOWED = 405, NOT_ACCEPTABLE = 406, REQUEST_TIMEOUT = 408, CONFLICT = 409, GONE = 410,
    LENGTH_REQUIRED = 411, PRECONDITION_FAILED = 412, REQUEST_ENTITY_TOO_LARGE = 413,
    REQUEST_URI_TOO_LONG = 414, UNSUPPORTED_MEDIA_TYPE = 415, REQUESTED_RANGE_NOT_SATISFIABLE = 416,
    EXPECTATION_FAILED = 417, UNPROCESSABLE_ENTITY = 422, UPGRADE_REQUIRED = 426,
    PRECONDITION_REQUIRED = 428, TOO_MANY_REQUESTS = 429, REQUEST_HEADER_FIELDS_TOO_LARGE = 431;
inline constexpr int INTERNAL_SERVER_ERROR = 500, NOT_IMPLEMENTED = 501, BAD_GATEWAY = 502,
    SERVICE_UNAVAILABLE = 503, GATEWAY_TIMEOUT = 504, HTTP_VERSION_NOT_SUPPORTED = 505,
    INSUFFICIENT_STORAGE = 507;
// clang-format on
}  // namespace HTTPStatus

/// The phrase of the status line, "Not Found", and a sentence for people; "Unknown" and nothing where the
/// code is none of the above. Python: BaseHTTPRequestHandler.responses.
std::string_view http_phrase(int code) noexcept;
std::string_view http_explanation(int code) noexcept;

/// Has a response with this status no body, whatever its headers say?
constexpr bool has_no_body(int code) noexcept {
  return code < 200 || code == HTTPStatus::NO_CONTENT || code == HTTPStatus::NOT_MODIFIED;
}

/// The request is to be answered with this status: the handler sends it by send_error() where nothing has
/// been sent yet. Thrown by the parsers; anybody's do_GET() may, too. what() is for the client.
class HTTPError : public std::runtime_error {
 public:
  explicit HTTPError(int code) : HTTPError(code, std::string(http_explanation(code))) {}
  HTTPError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const noexcept { return code_; }

 private:
  int code_;
};

}  // namespace socketserver
