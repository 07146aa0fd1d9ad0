#include <charconv>
#include <cmath>

#include "socketserver/json/json.hpp"
#include "socketserver/json/utf8.hpp"

namespace socketserver {
namespace {

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) throw JsonError("infinity and NaN cannot be written");
  // repr() of Python: plain from 1e-4 to below 1e16, and never without a point or an exponent.
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char buffer[32];  // the longest is -2.2250738585072014e-308, 24 bytes
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out += text;
  if (plain && text.find('.') == text.npos) out += ".0";
}

void append_utf16_escape(std::string& out, char32_t unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xf];
}

void append_escaped(std::string& out, char32_t code) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  const std::size_t index = code < 0x80 ? kShort.find(static_cast<char>(code)) : kShort.npos;
  if (index != kShort.npos) {
    out += {'\\', kNames[index]};
  } else if (code < kFirstSurrogatePair) {
    append_utf16_escape(out, code);
  } else {
    const char32_t bits = code - kFirstSurrogatePair;
    append_utf16_escape(out, 0xd800 | bits >> 10);
    append_utf16_escape(out, 0xdc00 | (bits & 0x3ff));
  }
}

class Writer {
 public:
  explicit Writer(JsonStyle style) : python_(style == JsonStyle::kPython) {}

  std::string take() { return std::move(out_); }

  void value(const Json& json) {
    switch (json.type()) {
      case Json::Type::kNull:
        out_ += "null";
        break;
      case Json::Type::kBool:
        out_ += json.as_bool() ? "true" : "false";
        break;
      case Json::Type::kInteger:
        out_ += std::to_string(json.as_int());
        break;
      case Json::Type::kDouble:
        append_double(out_, json.as_double());
        break;
      case Json::Type::kString:
        string(json.as_string());
        break;
      case Json::Type::kArray:
        array(json.as_array());
        break;
      case Json::Type::kObject:
        object(json.as_object());
        break;
    }
  }

 private:
  void array(const Json::Array& elements) {
    out_ += '[';
    for (const Json& element : elements) {
      if (&element != &elements.front()) comma();
      value(element);
    }
    out_ += ']';
  }

  void object(const Json::Object& members) {
    out_ += '{';
    for (const auto& member : members) {
      if (&member != &members.front()) comma();
      string(member.first);
      out_ += python_ ? ": " : ":";
      value(member.second);
    }
    out_ += '}';
  }

  void comma() { out_ += python_ ? ", " : ","; }

  void string(const std::string& text) {
    out_ += '"';
    for (std::string_view rest = text; !rest.empty();) {
      const Utf8Char c = decode_utf8(rest);
      if (c.size == 0) throw JsonError(json_quoted(text) + " is not UTF-8");
      if (must_escape(c.code))
        append_escaped(out_, c.code);
      else
        out_ += rest.substr(0, c.size);
      rest.remove_prefix(c.size);
    }
    out_ += '"';
  }

  bool must_escape(char32_t code) const noexcept {
    if (code < ' ' || code == '"' || code == '\\') return true;
    return python_ && code > '~';  // the delete character, too
  }

  const bool python_;
  std::string out_;
};

}  // namespace

std::string Json::dump(JsonStyle style) const {
  Writer writer(style);
  writer.value(*this);
  return writer.take();
}

}  // namespace socketserver
