// Heads of requests, and what is made of what stands in them. The first byte is the size of the pieces in
// which they come.
#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "socketserver/http/http_date.hpp"
#include "socketserver/http/mime_types.hpp"
#include "socketserver/http/preconditions.hpp"
#include "socketserver/http/request_head.hpp"
#include "socketserver/http/status.hpp"
#include "socketserver/http/uri.hpp"

using namespace socketserver;

namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7F; });
}

void look_at_path(std::string_view path) try {
  const std::string relative = relative_path(path);
  fuzz::must(!relative.starts_with('/'), "a path is relative");
  fuzz::must(relative.find('\0') == relative.npos, "a path has no NUL");
  fuzz::must(("/" + relative + "/").find("/../") == std::string::npos, "a path never goes up");
  fuzz::must(relative_path("/" + percent_encode(relative)) == relative,
             "a path that is written leads there again");
  guess_type(relative);
} catch (const HTTPError&) {
}

void look_at(const RequestHead& head) {
  fuzz::must(!head.method().empty() && !head.target().empty(), "a request has a method and a target");
  fuzz::must(!has_control(head.request_line()), "a request line has no control characters");
  fuzz::must(!(head.chunked() && head.fields().contains("Content-Length")), "a body ends in one place");
  fuzz::must(head.fields().get_all("Content-Length").size() <= 1, "there is one length");
  fuzz::must(!head.chunked() || head.is_http_1_1(), "HTTP/1.0 has no chunks");
  for (std::size_t i = 0; i < head.fields().size(); ++i) {
    fuzz::must(!has_control(head.fields().name(i)) && !has_control(head.fields().value(i)),
               "fields have no control characters");
    if (const auto date = parse_http_date(head.fields().value(i)))
      fuzz::must(parse_http_date(http_date(*date)) == date, "a date that is written is the same");
  }
  evaluate_preconditions(head.fields(), {"\"x\"", 0}, true);
  look_at_path(head.path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::max<std::size_t>(data[0], 1);
  RequestHead head;
  try {
    for (std::string_view rest = fuzz::text(data + 1, size - 1); !rest.empty();) {
      rest.remove_prefix(head.feed(rest.substr(0, piece)));
      if (!head.complete()) continue;
      look_at(head);
      head.clear();
    }
  } catch (const HTTPError& error) {
    fuzz::must(error.code() >= 400 && error.code() < 600, "what is refused gets a status of errors");
  }
  return 0;
}
