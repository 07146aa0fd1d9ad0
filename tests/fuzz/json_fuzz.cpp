// Json::parse() of anything: a JsonError, or a value that its own text gives back.
#include <optional>

#include "fuzz/fuzz.hpp"
#include "socketserver/json/json.hpp"

using namespace socketserver;

namespace {

std::optional<Json> parse(std::string_view text, const JsonLimits& limits = {}) {
  try {
    return Json::parse(text, limits);
  } catch (const JsonError&) {
    return std::nullopt;
  }
}

// What is accepted may be written with up to six bytes for one, so the text gets no limit.
constexpr JsonLimits kRoom{.bytes = std::string_view::npos};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const auto value = parse(text);
  if (!value) return 0;
  for (const JsonStyle style : {JsonStyle::kPython, JsonStyle::kCompact}) {
    const std::string written = value->dump(style);
    fuzz::must(written.find('\n') == written.npos, "dump() writes no newline");
    fuzz::must(parse(written, kRoom) == *value, "a value comes back from its text");
  }
  constexpr JsonLimits kFlat{.depth = 2};
  const auto flat = parse(text, kFlat);
  fuzz::must(!flat || *flat == *value, "limits do not change what is read");
  return 0;
}
