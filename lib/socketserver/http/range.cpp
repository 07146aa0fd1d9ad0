#include "socketserver/http/range.hpp"

#include <algorithm>

#include "socketserver/http/syntax.hpp"
#include "socketserver/io/ascii.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kUnit = "bytes=";

// The last `length` bytes.
ByteRange suffix(std::uint64_t length, std::uint64_t size) {
  if (length == 0 || size == 0) return {ByteRange::Kind::kUnsatisfiable};
  const std::uint64_t count = std::min(length, size);
  return {ByteRange::Kind::kPart, size - count, count};
}

}  // namespace

ByteRange parse_range(std::string_view field, std::uint64_t size) {
  if (field.size() < kUnit.size() || !equal_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view range = http::trim(field.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == range.npos) return {};
  const auto first = http::parse_decimal(range.substr(0, dash));
  const auto last = http::parse_decimal(range.substr(dash + 1));
  if (dash == 0) return last ? suffix(*last, size) : ByteRange();
  const bool open = dash + 1 == range.size();
  if (!first || (!last && !open) || (last && *last < *first)) return {};
  if (*first >= size) return {ByteRange::Kind::kUnsatisfiable};
  const std::uint64_t end = open ? size - 1 : std::min(*last, size - 1);
  return {ByteRange::Kind::kPart, *first, end - *first + 1};
}

}  // namespace socketserver
