// JSON (RFC 8259) for headers of protocols: values, read from hostile peers, written as Python writes them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "socketserver/json/error.hpp"

namespace socketserver {

/// What parse() accepts at most.
struct JsonLimits {
  // Of text, far more than a header needs. While it is read, a value takes up to some 60 times the memory.
  std::size_t bytes = std::size_t{1} << 20;
  // Arrays and objects within one another: no protocol here needs 5. Copying, writing and destroying a value
  // recurse, so over 1000 counts as 1000. 64 take under 24 KiB of stack, without optimization under 128 KiB.
  std::size_t depth = 64;
};

/// How dump() writes. kPython gives the bytes of json.dumps(value): ", " and ": ", ASCII only. kCompact has
/// no spaces and leaves UTF-8 as it is (separators=(",", ":"), ensure_ascii=False).
enum class JsonStyle { kPython, kCompact };

/// Numbers that fit; char and its kin are text, and bool is neither.
template <class T>
concept JsonInteger =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// One JSON value. It owns all that it holds and is copied as deeply; an object keeps the order in which its
/// keys came. Several threads may read one value, as with a std::string. Lookups go through the keys one by
/// one: made for the handful that a header has.
///
///     Json header = Json::object({{"cmd", "put"}, {"filesize", 5}});
///     stream.write(header.dump());                        // {"cmd": "put", "filesize": 5}
///     std::int64_t size = Json::parse(text).get_int("filesize");
///
/// Strings are UTF-8 and may hold NUL: one that becomes a file name must be looked at first. Everything here
/// that finds another type than it needs throws a JsonError: `JSON: "filesize" is a string, not an integer`.
class Json {
 public:
  enum class Type { kNull, kBool, kInteger, kDouble, kString, kArray, kObject };
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json(std::nullptr_t = nullptr) noexcept {}
  Json(std::same_as<bool> auto value) noexcept : value_(value) {}
  /// JsonError when `value` is beyond std::int64_t.
  Json(JsonInteger auto value) : value_(checked(value)) {}
  Json(std::floating_point auto value) noexcept : value_(static_cast<double>(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) noexcept : value_(std::move(value)) {}
  explicit Json(Array elements) noexcept : value_(std::move(elements)) {}
  /// REQUIRES: no key twice.
  explicit Json(Object members) noexcept : value_(std::move(members)) {}
  static Json array(std::initializer_list<Json> elements = {});
  /// Of equal keys the last one counts, as in a dict of Python.
  static Json object(std::initializer_list<std::pair<std::string, Json>> members = {});

  /// Exactly one value, with white space round it at most. Beyond the grammar refused: what is no UTF-8, half
  /// a surrogate pair, a key twice in one object, whatever is over `limits`, and numbers that std::int64_t
  /// (without fraction and exponent) or double cannot hold; 1e-400 too. The stack needed does not depend on
  /// `text`.
  static Json parse(std::string_view text, const JsonLimits& limits = {});

  /// Never a newline. A double has the fewest digits that read back as the same one, laid out as by Python's
  /// repr. JsonError for what JSON has no form for: infinity, NaN, and strings that are not UTF-8.
  std::string dump(JsonStyle style = JsonStyle::kPython) const;

  Type type() const noexcept { return static_cast<Type>(value_.index()); }
  bool is_null() const noexcept { return type() == Type::kNull; }
  bool is_string() const noexcept { return type() == Type::kString; }
  bool is_integer() const noexcept { return type() == Type::kInteger; }
  bool is_array() const noexcept { return type() == Type::kArray; }
  bool is_object() const noexcept { return type() == Type::kObject; }

  bool as_bool() const;
  std::int64_t as_int() const;                        // 5.0 is a double
  double as_double() const { return as_double({}); }  // of an integer, too
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// Looks up a key of an object: null when there is none. Valid until this value changes.
  const Json* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// JsonError when there is none: `JSON: "filesize" is missing`.
  const Json& at(std::string_view key) const;

  /// at() and as_...() in one, with the key in the message; the reference is valid until this value changes.
  bool get_bool(std::string_view key) const;
  std::int64_t get_int(std::string_view key) const;
  double get_double(std::string_view key) const;
  const std::string& get_string(std::string_view key) const;
  const Array& get_array(std::string_view key) const;

  /// The same for what may be left out: nothing when there is no such key. Of another type, null included, it
  /// is still an error.
  std::optional<bool> find_bool(std::string_view key) const;
  std::optional<std::int64_t> find_int(std::string_view key) const;
  std::optional<std::string> find_string(std::string_view key) const;

  /// Adds the key, or replaces its value where it stands; null becomes an object first.
  void set(std::string_view key, Json value);
  /// Adds an element; null becomes an array first.
  void push_back(Json element);

  /// Of the same type and contents; the order of keys counts, and 1 is not 1.0.
  friend bool operator==(const Json& a, const Json& b);

 private:
  static std::int64_t checked(JsonInteger auto value) {
    if (!std::in_range<std::int64_t>(value))
      throw JsonError(std::to_string(value) + " is beyond the integers of 64 bits");
    return static_cast<std::int64_t>(value);
  }

  using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object>;
  using Key = std::optional<std::string_view>;  // under which a value was found, for the message
  template <class T>
  const T& as(Type wanted, Key key = {}) const;
  double as_double(Key key) const;

  Value value_;  // in the order of Type
};

}  // namespace socketserver
