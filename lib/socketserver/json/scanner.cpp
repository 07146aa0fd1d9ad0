#include "socketserver/json/scanner.hpp"

#include <charconv>
#include <system_error>

#include "socketserver/json/utf8.hpp"

namespace socketserver {
namespace {

// Not std::isdigit: it asks the locale.
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

template <class T>
Json convert(std::string_view digits, std::size_t position) {
  T value{};
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc()) JsonScanner::fail_at(position, "number out of range");
  return value;
}

}  // namespace

void JsonScanner::skip_space() noexcept {
  // RFC 8259, 2: these four and no others.
  const std::size_t next = text_.find_first_not_of(" \t\n\r", position_);
  position_ = next == std::string_view::npos ? text_.size() : next;
}

bool JsonScanner::take(char c) noexcept {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

bool JsonScanner::take_word(std::string_view word) noexcept {
  if (!text_.substr(position_).starts_with(word)) return false;
  position_ += word.size();
  return true;
}

void JsonScanner::fail_at(std::size_t position, const std::string& what) {
  throw JsonError(what + " at byte " + std::to_string(position));
}

void JsonScanner::fail_expected(const std::string& wanted) const {
  const std::string met = at_end() ? "the end" : json_quoted(text_.substr(position_, 1));
  fail_at(position_, "expected " + wanted + ", not " + met);
}

std::string JsonScanner::string() {
  if (!take('"')) fail_expected("a string");
  std::string result;
  while (!take('"')) {
    const char c = peek();
    if (at_end() || static_cast<unsigned char>(c) < 0x20) fail_expected("a character of a string");
    if (c == '\\') {
      append_utf8(result, escape());
      continue;
    }
    const std::string_view rest = text_.substr(position_);
    const std::size_t size = decode_utf8(rest).size;
    if (size == 0) fail_at(position_, "invalid UTF-8");
    result += rest.substr(0, size);
    position_ += size;
  }
  return result;
}

char32_t JsonScanner::escape() {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";

  const std::size_t start = position_;
  take('\\');
  if (take('u')) return unicode_escape(start);
  const std::size_t index = at_end() ? kNames.npos : kNames.find(peek());
  if (index == kNames.npos) fail_expected("an escape");
  ++position_;
  return static_cast<char32_t>(kMeanings[index]);
}

char32_t JsonScanner::unicode_escape(std::size_t start) {
  const char32_t first = four_hex_digits();
  if (is_high_surrogate(first) && take('\\') && take('u')) {
    const char32_t second = four_hex_digits();
    if (is_low_surrogate(second)) return kFirstSurrogatePair + ((first & 0x3ff) << 10) + (second & 0x3ff);
  }
  if (is_high_surrogate(first) || is_low_surrogate(first)) fail_at(start, "half a surrogate pair");
  return first;
}

char32_t JsonScanner::four_hex_digits() {
  constexpr std::size_t kCount = 4;
  const std::string_view digits = text_.substr(position_, kCount);
  unsigned value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const auto used = static_cast<std::size_t>(result.ptr - digits.data());
  position_ += used;
  if (used != kCount) fail_expected("a hexadecimal digit");
  return value;
}

Json JsonScanner::number_or_literal() {
  if (take_word("null")) return nullptr;
  if (take_word("true")) return true;
  if (take_word("false")) return false;
  if (!is_digit(peek()) && peek() != '-') fail_expected("a value");
  return number();
}

Json JsonScanner::number() {
  const std::size_t start = position_;
  take('-');
  if (!take('0')) digits();
  const std::size_t integer_end = position_;
  if (take('.')) digits();
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    digits();
  }
  const std::string_view text = text_.substr(start, position_ - start);
  return position_ == integer_end ? convert<std::int64_t>(text, start) : convert<double>(text, start);
}

void JsonScanner::digits() {
  if (!is_digit(peek())) fail_expected("a digit");
  while (is_digit(peek())) ++position_;
}

}  // namespace socketserver
