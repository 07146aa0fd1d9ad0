#include "socketserver/http/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "socketserver/http/syntax.hpp"

namespace socketserver {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a date apart from its front; what does not fit makes it bad for good.
class DateParser {
 public:
  explicit DateParser(std::string_view text) : rest_(text) {}

  void skip(std::string_view wanted) {
    if (rest_.starts_with(wanted))
      rest_.remove_prefix(wanted.size());
    else
      bad_ = true;
  }
  void skip_word() { rest_.remove_prefix(std::min(rest_.find_first_of(" ,"), rest_.size())); }
  bool next_is(char c) const { return rest_.starts_with(c); }
  unsigned number(std::size_t digits) {
    const auto value = http::parse_decimal(rest_.substr(0, digits));
    if (!value || rest_.size() < digits) return bad_ = true, 0;
    rest_.remove_prefix(digits);
    return static_cast<unsigned>(*value);
  }
  unsigned month() {
    for (unsigned i = 0; i < kMonths.size(); ++i)
      if (rest_.starts_with(kMonths[i])) return rest_.remove_prefix(kMonths[i].size()), i + 1;
    return bad_ = true, 0;
  }
  void time() {
    hour_ = number(2);
    skip(":");
    minute_ = number(2);
    skip(":");
    second_ = number(2);
  }
  std::optional<std::time_t> result(unsigned year, unsigned month, unsigned day) const {
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                              std::chrono::day(day)};
    // A leap second is the one after it.
    if (bad_ || !rest_.empty() || !date.ok() || hour_ > 23 || minute_ > 59 || second_ > 60)
      return std::nullopt;
    const auto time = sys_days(date) + hours(hour_) + minutes(minute_) + seconds(second_);
    return static_cast<std::time_t>(time.time_since_epoch().count());
  }

 private:
  std::string_view rest_;
  unsigned hour_ = 0, minute_ = 0, second_ = 0;
  bool bad_ = false;
};

unsigned current_year() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  return static_cast<unsigned>(parts.tm_year + 1900);
}

unsigned whole_year(unsigned two_digits) {
  const unsigned now = current_year(), year = now - now % 100 + two_digits;
  return year > now + 50 ? year - 100 : year;
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<std::time_t> parse_rfc850(DateParser date, unsigned day) {
  date.skip("-");
  const unsigned month = date.month();
  date.skip("-");
  const unsigned year = whole_year(date.number(2));
  date.skip(" ");
  date.time();
  date.skip(" GMT");
  return date.result(year, month, day);
}

// Sun Nov  6 08:49:37 1994
std::optional<std::time_t> parse_asctime(DateParser date) {
  date.skip(" ");
  const unsigned month = date.month();
  date.skip(" ");
  const bool one_digit = date.next_is(' ');
  if (one_digit) date.skip(" ");
  const unsigned day = date.number(one_digit ? 1 : 2);
  date.skip(" ");
  date.time();
  date.skip(" ");
  const unsigned year = date.number(4);
  return date.result(year, month, day);
}

// By hand, since each answer has a date, and snprintf would be a fiftieth of all its work.
void append(std::string& text, int number, int digits) {
  const std::string decimal = std::to_string(number);
  text.append(static_cast<std::size_t>(std::max(digits - static_cast<int>(decimal.size()), 0)), '0') +=
      decimal;
}

}  // namespace

std::string http_date(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::string text(kDays[static_cast<std::size_t>(parts.tm_wday)]);
  text.reserve(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
  append(text += ", ", parts.tm_mday, 2);
  (text += ' ') += kMonths[static_cast<std::size_t>(parts.tm_mon)];
  append(text += ' ', parts.tm_year + 1900, 4);
  append(text += ' ', parts.tm_hour, 2);
  append(text += ':', parts.tm_min, 2);
  append(text += ':', parts.tm_sec, 2);
  return text += " GMT";
}

std::string_view http_date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string made;
  if (const std::time_t now = std::time(nullptr); now != made_at) {
    made = http_date(now);
    made_at = now;
  }
  return made;
}

std::optional<std::time_t> parse_http_date(std::string_view text) {
  DateParser date(text);
  date.skip_word();
  if (!date.next_is(',')) return parse_asctime(date);
  date.skip(", ");
  const unsigned day = date.number(2);
  if (date.next_is('-')) return parse_rfc850(date, day);
  date.skip(" ");  // Sun, 06 Nov 1994 08:49:37 GMT
  const unsigned month = date.month();
  date.skip(" ");
  const unsigned year = date.number(4);
  date.skip(" ");
  date.time();
  date.skip(" GMT");
  return date.result(year, month, day);
}

}  // namespace socketserver
