// Dates of HTTP (RFC 9110, section 5.6.7).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace socketserver {

/// "Sun, 06 Nov 1994 08:49:37 GMT". Python: email.utils.formatdate(time, usegmt=True).
std::string http_date(std::time_t time);
/// That of now, made once a second in each thread; valid until the thread's next call.
std::string_view http_date_now();
/// In any of the three forms that RFC 9110 has; nullopt for what is none. A year of two digits is the one
/// less than 50 years ahead.
std::optional<std::time_t> parse_http_date(std::string_view text);

}  // namespace socketserver
