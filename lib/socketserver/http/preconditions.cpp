#include "socketserver/http/preconditions.hpp"

#include <algorithm>
#include <charconv>

#include "socketserver/http/http_date.hpp"
#include "socketserver/http/status.hpp"
#include "socketserver/http/syntax.hpp"

namespace socketserver {
namespace {

void append_hex(std::string& text, std::uint64_t number) {
  char digits[16];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

// Tags hold no quotes, but may hold commas.
bool has_tag(std::string_view list, std::string_view etag, bool weak_too) {
  if (http::trim(list) == "*") return true;
  while (!list.empty()) {
    const std::size_t open = list.find('"');
    const std::size_t close = open == list.npos ? list.npos : list.find('"', open + 1);
    if (close == list.npos) return false;
    const bool weak = open >= 2 && list.substr(open - 2, 2) == "W/";
    if (list.substr(open, close - open + 1) == etag && (weak_too || !weak)) return true;
    list.remove_prefix(close + 1);
  }
  return false;
}

// Several lines of a field are one list.
bool has_tag(const HeaderFields& fields, const char* name, std::string_view etag, bool weak_too) {
  return std::ranges::any_of(fields.get_all(name),
                             [&](std::string_view list) { return has_tag(list, etag, weak_too); });
}

}  // namespace

Validators validators_of(const struct stat& status) {
  std::string etag = "\"";
  append_hex(etag, static_cast<std::uint64_t>(status.st_size));
  etag += '-';
  append_hex(etag, static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                       static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
  etag += '"';
  return {std::move(etag), status.st_mtim.tv_sec, std::min(status.st_mtim.tv_sec, std::time(nullptr))};
}

// In the order of RFC 9110, section 13.2.2. A date that is none is as if it were not there.
int evaluate_preconditions(const HeaderFields& fields, const Validators& validators, bool is_read) {
  if (fields.contains("If-Match")) {
    if (!has_tag(fields, "If-Match", validators.etag, false)) return HTTPStatus::PRECONDITION_FAILED;
  } else if (const auto since = fields.get("If-Unmodified-Since")) {
    const auto date = parse_http_date(*since);
    if (date && validators.modified > *date) return HTTPStatus::PRECONDITION_FAILED;
  }
  if (fields.contains("If-None-Match")) {
    if (has_tag(fields, "If-None-Match", validators.etag, true))
      return is_read ? HTTPStatus::NOT_MODIFIED : HTTPStatus::PRECONDITION_FAILED;
  } else if (const auto since = fields.get("If-Modified-Since"); since && is_read) {
    const auto date = parse_http_date(*since);
    if (date && validators.modified <= *date) return HTTPStatus::NOT_MODIFIED;
  }
  return 0;
}

// A date only when it is the very one: what changed within its second would not show.
bool range_applies(const HeaderFields& fields, const Validators& validators) {
  const auto condition = fields.get("If-Range");
  if (!condition) return true;
  if (condition->find('"') != condition->npos) return *condition == validators.etag;
  const auto date = parse_http_date(*condition);
  return date && *date == validators.modified;
}

}  // namespace socketserver
