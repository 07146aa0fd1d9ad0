#include "socketserver/http/status.hpp"

#include <algorithm>
#include <iterator>

namespace socketserver {
namespace {

struct Text {
  int code;
  std::string_view phrase, explanation;
};

// Phrases of RFC 9110; explanations as Python's where it has one that helps.
constexpr Text kTexts[] = {
    {100, "Continue", "Request received, please continue"},
    {101, "Switching Protocols", "Switching to new protocol; obey Upgrade header"},
    {103, "Early Hints", ""},
    {200, "OK", "Request fulfilled, document follows"},
    {201, "Created", "Document created, URL follows"},
    {202, "Accepted", "Request accepted, processing continues off-line"},
    {204, "No Content", "Request fulfilled, nothing follows"},
    {205, "Reset Content", "Clear input form for further input"},
    {206, "Partial Content", "Partial content follows"},
    {300, "Multiple Choices", "Object has several resources -- see URI list"},
    {301, "Moved Permanently", "Object moved permanently -- see URI list"},
    {302, "Found", "Object moved temporarily -- see URI list"},
    {303, "See Other", "Object moved -- see Method and URL list"},
    {304, "Not Modified", "Document has not changed since given time"},
    {307, "Temporary Redirect", "Object moved temporarily -- see URI list"},
    {308, "Permanent Redirect", "Object moved permanently -- see URI list"},
    {400, "Bad Request", "Bad request syntax or unsupported method"},
    {401, "Unauthorized", "No permission -- see authorization schemes"},
    {403, "Forbidden", "Request forbidden -- authorization will not help"},
    {404, "Not Found", "Nothing matches the given URI"},
    {405, "Method Not Allowed", "Specified method is invalid for this resource"},
    {406, "Not Acceptable", "URI not available in preferred format"},
    {408, "Request Timeout", "The request took too long to arrive"},
    {409, "Conflict", "Request conflict"},
    {410, "Gone", "URI no longer exists and has been permanently removed"},
    {411, "Length Required", "Client must specify Content-Length"},
    {412, "Precondition Failed", "Precondition in headers is false"},
    {413, "Content Too Large", "The body of the request is too large"},
    {414, "URI Too Long", "The request line is too long"},
    {415, "Unsupported Media Type", "Entity body in unsupported format"},
    {416, "Range Not Satisfiable", "Cannot satisfy request range"},
    {417, "Expectation Failed", "Expect condition could not be satisfied"},
    {422, "Unprocessable Content", "The body is not what is expected here"},
    {426, "Upgrade Required", ""},
    {428, "Precondition Required", "The origin server requires the request to be conditional"},
    {429, "Too Many Requests", "The user has sent too many requests in a given amount of time"},
    {431, "Request Header Fields Too Large", "The header fields are too many, or too long"},
    {500, "Internal Server Error", "Server got itself in trouble"},
    {501, "Not Implemented", "Server does not support this operation"},
    {502, "Bad Gateway", "Invalid responses from another server/proxy"},
    {503, "Service Unavailable", "The server cannot process the request at the moment; try again later"},
    {504, "Gateway Timeout", "The gateway server did not receive a timely response"},
    {505, "HTTP Version Not Supported", "Cannot fulfill request"},
    {507, "Insufficient Storage", "There is no room to store what was sent"},
};

const Text* find(int code) noexcept {
  const auto* found = std::ranges::lower_bound(kTexts, code, {}, &Text::code);
  return found != std::end(kTexts) && found->code == code ? found : nullptr;
}

}  // namespace

std::string_view http_phrase(int code) noexcept {
  const Text* text = find(code);
  return text != nullptr ? text->phrase : "Unknown";
}

std::string_view http_explanation(int code) noexcept {
  const Text* text = find(code);
  return text != nullptr ? text->explanation : std::string_view();
}

}  // namespace socketserver
