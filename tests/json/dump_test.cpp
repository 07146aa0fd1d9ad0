// What is written must be what Python's json.dumps writes, byte for byte.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "socketserver/json/json.hpp"
#include "socketserver/json/utf8.hpp"

namespace socketserver {
namespace {

TEST(JsonDump, WritesStructureAsPython) {
  const Json json = Json::object({{"cmd", "put"},
                                  {"filesize", 1073741824000},
                                  {"list", Json::array({1, -2, 0.5, nullptr, true, false})},
                                  {"empty", Json::array({Json::array(), Json::object(), ""})}});
  EXPECT_EQ(json.dump(),
            R"({"cmd": "put", "filesize": 1073741824000, "list": [1, -2, 0.5, null, true, false], )"
            R"("empty": [[], {}, ""]})");
}

TEST(JsonDump, EscapesAllThatIsNotAsciiAsPython) {
  EXPECT_EQ(Json::object({{"filename", "计算机五大.txt"}}).dump(),
            R"({"filename": "\u8ba1\u7b97\u673a\u4e94\u5927.txt"})");
  EXPECT_EQ(Json("🚀").dump(), R"("\ud83d\ude80")");
  EXPECT_EQ(Json("é\u07ff\u0800\uffff\U00010000\U0010ffff").dump(),
            R"("\u00e9\u07ff\u0800\uffff\ud800\udc00\udbff\udfff")");
  EXPECT_EQ(Json::object({{"ключ", 1}}).dump(), R"({"\u043a\u043b\u044e\u0447": 1})");
}

TEST(JsonDump, EscapesControlCharactersAsPython) {
  EXPECT_EQ(Json("\"\\/\b\f\n\r\t").dump(), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(Json(std::string("\0\x01\v\x1f ~\x7f", 7)).dump(), R"("\u0000\u0001\u000b\u001f ~\u007f")");
}

TEST(JsonDump, WritesDoublesAsRepr) {
  const std::vector<std::pair<double, std::string>> reprs{
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {100.0, "100.0"},
      {1e15, "1000000000000000.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {1.5e16, "1.5e+16"},
      {1e22, "1e+22"},
      {1e100, "1e+100"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00001, "1e-05"},
      {9.999999999999999e-05, "9.999999999999999e-05"},
      {-1.25e-7, "-1.25e-07"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {-1.7976931348623157e308, "-1.7976931348623157e+308"},
  };
  for (const auto& [value, repr] : reprs) EXPECT_EQ(Json(value).dump(), repr);
}

TEST(JsonDump, WritesIntegersInFull) {
  EXPECT_EQ(Json(INT64_MAX).dump(), "9223372036854775807");
  EXPECT_EQ(Json(INT64_MIN).dump(), "-9223372036854775808");
}

TEST(JsonDump, CompactHasNoSpacesAndLeavesUtf8AsItIs) {
  const Json json = Json::object({{"名", Json::array({1, "é🚀\x7f"})}, {"b", "\n\x01\"\\"}});
  EXPECT_EQ(json.dump(JsonStyle::kCompact), "{\"名\":[1,\"é🚀\x7f\"],\"b\":\"\\n\\u0001\\\"\\\\\"}");
}

TEST(JsonDump, RefusesWhatJsonHasNoFormFor) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {infinity, -infinity, std::nan("")}) EXPECT_THROW(Json(value).dump(), JsonError);
  for (const JsonStyle style : {JsonStyle::kPython, JsonStyle::kCompact}) {
    EXPECT_THROW(Json("\xff").dump(style), JsonError);
    EXPECT_THROW(Json("\xed\xa0\x80").dump(style), JsonError);
    EXPECT_THROW(Json::object({{"\xc3", 1}}).dump(style), JsonError);
  }
  try {
    Json("name\xff.txt").dump();
  } catch (const JsonError& error) {
    EXPECT_STREQ(error.what(), "JSON: \"name\\xff.txt\" is not UTF-8");
  }
}

TEST(JsonDump, EveryCharacterComesBack) {
  std::string all;
  for (char32_t code = 0; code <= 0x10ffff; ++code)
    if (!is_high_surrogate(code) && !is_low_surrogate(code)) append_utf8(all, code);
  const JsonLimits limits{.bytes = all.size() * 6};  // the longest escape of a single byte is \u0000
  for (const JsonStyle style : {JsonStyle::kPython, JsonStyle::kCompact})
    EXPECT_TRUE(Json::parse(Json(all).dump(style), limits).as_string() == all);
}

TEST(JsonDump, EveryDoubleComesBack) {
  std::mt19937_64 random(1);  // any seed: the failing value is printed
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(std::uint64_t{random()});
    if (!std::isfinite(value)) continue;
    const std::string text = Json(value).dump();
    ASSERT_EQ(Json::parse(text), Json(value)) << text;
  }
}

TEST(JsonDump, ParsingAndDumpingGiveTheSameText) {
  for (
      const std::string text :
      {R"({"file_name": "/a/b/c/d/e/a.txt", "file_size": 1073741824000, "md5": "d41d8cd98f00b204e9800998ecf8427e"})",
       R"([[[], [{}]], {"a": {"b": [null]}}, "\u0000", -1, 1e-07, 1.0])", "\"\"", "-0.0"})
    EXPECT_EQ(Json::parse(text).dump(), text);
}

}  // namespace
}  // namespace socketserver
