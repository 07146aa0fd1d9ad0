// The words of JSON text: white space, punctuation, strings, numbers. How they make values is JsonParser's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/json/json.hpp"

namespace socketserver {

/// Walks through a text from its first byte to its last. Part of parse(), and of no use without it.
/// Everything that meets something else than its name says throws a JsonError with the byte where it stands.
class JsonScanner {
 public:
  /// `text` must outlive the scanner.
  explicit JsonScanner(std::string_view text) noexcept : text_(text) {}

  void skip_space() noexcept;
  std::size_t position() const noexcept { return position_; }
  bool at_end() const noexcept { return position_ == text_.size(); }
  /// The next byte, not taken; NUL at the end, where no rule of JSON wants one.
  char peek() const noexcept { return at_end() ? '\0' : text_[position_]; }
  /// Takes the next byte if it is `c`.
  bool take(char c) noexcept;

  /// With its quotes taken off and its escapes resolved.
  std::string string();
  /// A number, null, true or false.
  Json number_or_literal();

  /// Throws: `what` and the byte.
  [[noreturn]] static void fail_at(std::size_t position, const std::string& what);
  /// Throws: the next byte, or the end, where `wanted` ought to be.
  [[noreturn]] void fail_expected(const std::string& wanted) const;

 private:
  bool take_word(std::string_view word) noexcept;
  Json number();
  void digits();
  char32_t escape();
  char32_t unicode_escape(std::size_t start);
  char32_t four_hex_digits();

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace socketserver
