// What RFC 8259 accepts and refuses, in the categories of the well-known JSONTestSuite.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socketserver/json/json.hpp"

namespace socketserver {
namespace {

using namespace std::string_view_literals;

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
  try {
    Json::parse(text, limits);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "no error";
}

std::string repeated(std::string_view piece, std::size_t count) {
  std::string text;
  while (count-- > 0) text += piece;
  return text;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonParse, AcceptsEveryFormOfValue) {
  const std::vector<std::pair<std::string_view, Json>> accepted{
      {"null", nullptr},
      {"true", true},
      {"false", false},
      {"[]", Json::array()},
      {"{}", Json::object()},
      {" [ ] ", Json::array()},
      {"{ }", Json::object()},
      {"\t\r\n [\t1\r,\n2 ]\n", Json::array({1, 2})},
      {R"({"a":1,"b":[true,null],"":{"a":""}})",
       Json::object({{"a", 1}, {"b", Json::array({true, nullptr})}, {"", Json::object({{"a", ""}})}})},
      {R"({ "a" : "b" , "c" : [ ] })", Json::object({{"a", "b"}, {"c", Json::array()}})},
      {"[[],[[]],{}]", Json::array({Json::array(), Json::array({Json::array()}), Json::object()})},
      {R"({"A":1,"a":2})", Json::object({{"A", 1}, {"a", 2}})},
  };
  for (const auto& [text, value] : accepted) EXPECT_EQ(Json::parse(text), value) << text;
}

TEST(JsonParse, AcceptsEveryFormOfNumber) {
  const std::vector<std::pair<std::string_view, Json>> accepted{
      {"0", 0},
      {"-0", 0},
      {"-1", -1},
      {"10", 10},
      {"1073741824000", 1073741824000},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"0.0", 0.0},
      {"-0.5", -0.5},
      {"1.0", 1.0},
      {"0e1", 0.0},
      {"1e0", 1.0},
      {"1E+2", 100.0},
      {"1e-2", 0.01},
      {"123.456e78", 123.456e78},
      {"9223372036854775808.0", 9223372036854775808.0},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"5e-324", 5e-324},
      {"-0.000000000000000000000000000000000000000000000000000000000000000000000000000001", -1e-78},
  };
  for (const auto& [text, value] : accepted) EXPECT_EQ(Json::parse(text), value) << text;
}

TEST(JsonParse, AcceptsEveryFormOfString) {
  const std::vector<std::pair<std::string_view, std::string_view>> accepted{
      {R"("")", ""},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0000\u001f")", "\0\x1f"sv},
      {R"("\u0041\u00E9\u00e9\u07ff\u0800\uffff")", "A\u00e9\u00e9\u07ff\u0800\uffff"},
      {R"("\ud83d\ude00\uD83D\uDE00")", "\U0001f600\U0001f600"},
      {R"("\ud800\udc00\udbff\udfff")", "\U00010000\U0010ffff"},
      {R"("\\u0041")", "\\u0041"},
      {"\"\x7f\"", "\x7f"},
      {"\"\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
       "\xf4\x8f\xbf\xbf\"",
       "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
       "\xf4\x8f\xbf\xbf"},
      {"\"/*no*/ \u2028 \u2029\"", "/*no*/ \u2028 \u2029"},
  };
  for (const auto& [text, value] : accepted) EXPECT_EQ(Json::parse(text).as_string(), value) << text;
}

TEST(JsonParse, ReadsWhatPythonWrites) {
  EXPECT_EQ(Json::parse(R"({"filename": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "filesize": 5})"),
            Json::object({{"filename", "计算机五大.txt"}, {"filesize", 5}}));
  EXPECT_EQ(Json::parse(R"(["\ud83d\ude80"])"), Json::array({"🚀"}));
}

TEST(JsonParse, RefusesWrongStructure) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[,]",
                                      "[1,,2]",
                                      "[1 2]",
                                      "[1:2]",
                                      "[1}",
                                      "{1}",
                                      "{]",
                                      "[[]",
                                      "[]]",
                                      "[] []",
                                      "[1]x",
                                      "1 2",
                                      "null null",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1,",
                                      "{\"a\":1,}",
                                      "{,\"a\":1}",
                                      "{\"a\" 1}",
                                      "{\"a\"}",
                                      "{\"a\",1}",
                                      "{\"a\"::1}",
                                      "{\"a\":}",
                                      "{:1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{1:1}",
                                      "{null:1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":1;}",
                                      "{\"a\":1}}",
                                      "{\"a\":1}//",
                                      "{\"a\":/**/1}",
                                      "<null>",
                                      ",",
                                      ":",
                                      "[\"a\",\n4\n,1,",
                                      "[1,\n1\n,1",
                                      "\v[]",
                                      "\f[]",
                                      "[\xc2\xa0]",
                                      "\xef\xbb\xbf{}",
                                      "\xef\xbb\xbf",
                                      "\xe2\x81\xa0[]",
                                      "\xff\xfe[\0]\0",
                                      "$"})
    EXPECT_NE(error_of(text), "no error") << text;
  for (const std::string_view text : {"\0"sv, "[\0]"sv, "[]\0"sv, "1\0"sv, "{\"a\"\0:1}"sv})
    EXPECT_NE(error_of(text), "no error") << text;
}

TEST(JsonParse, RefusesWrongWords) {
  for (const std::string_view text :
       {"nul", "nulll", "Null", "NULL", "tru", "True", "truefalse", "fals", "FALSE", "nan", "NaN", "-NaN",
        "Infinity", "-Infinity", "inf", "-inf", "undefined", "None", "a"})
    EXPECT_NE(error_of(text), "no error") << text;
}

TEST(JsonParse, RefusesWrongNumbers) {
  for (const std::string_view text : {"-",     "+",     "+1",           "++1",
                                      "--1",   "-a",    "- 1",          "01",
                                      "-01",   "00",    "-012",         "1.",
                                      "-1.",   "0.",    ".5",           "-.5",
                                      "1.e1",  "1e",    "1E",           "1e+",
                                      "1e-",   "0e",    "0e+",          "1.0e",
                                      "1.0e+", "1.0e-", "1eE2",         "1e1.5",
                                      "1e+-1", "1+2",   "1-",           "1.2.3",
                                      "0x1F",  "0b1",   "1_000",        "1,000",
                                      "1 000", "1a",    "1.a",          "0.1.2",
                                      "9.e+",  "2.e3",  "\xef\xbc\x91", "1.8011670033376514H"})
    EXPECT_NE(error_of(text), "no error") << text;
}

TEST(JsonParse, RefusesNumbersThatNoTypeHolds) {
  EXPECT_EQ(error_of("[1, 9223372036854775808]"), "JSON: number out of range at byte 4");
  for (const std::string_view text : {"-9223372036854775809", "100000000000000000000", "1e309", "-1e309",
                                      "1.5e+9999", "1e-400", "123.456e-789"})
    EXPECT_EQ(error_of(text), "JSON: number out of range at byte 0") << text;
  EXPECT_EQ(error_of(repeated("9", 100'000)), "JSON: number out of range at byte 0");
}

TEST(JsonParse, RefusesWrongStrings) {
  for (const std::string_view text : {"\"",          "\"a",
                                      "a\"",         "'a'",
                                      "\"a\"b\"",    "\"\\",
                                      "\"\\\"",      R"("\a")",
                                      R"("\x41")",   R"("\0")",
                                      R"("\v")",     R"("\')",
                                      R"("\U0041")", R"("\u")",
                                      R"("\u1")",    R"("\u12")",
                                      R"("\u123")",  R"("\u123g")",
                                      R"("\u-123")", R"("\u+123")",
                                      R"("\u 123")", R"("\u0x41")",
                                      "\"\\u00",     "\"\\u0041",
                                      R"("\u{41}")", "\"\\\xf0\x9f\x98\x80\"",
                                      "\\u0022a\""})
    EXPECT_NE(error_of(text), "no error") << text;
}

TEST(JsonParse, RefusesEveryRawControlCharacterInAString) {
  for (char c = 0; c < 0x20; ++c) EXPECT_NE(error_of(std::string{'"', c, '"'}), "no error") << int{c};
}

TEST(JsonParse, RefusesHalfASurrogatePair) {
  EXPECT_EQ(error_of(R"(["\ud800"])"), "JSON: half a surrogate pair at byte 2");
  for (const std::string_view text :
       {R"("\ud83d")", R"("\ude00")", R"("\ud83d\ud83d")", R"("\ude00\ud83d")", R"("\ud83dx")",
        R"("\ud83d\n")", R"("\ud83d\u0041")", R"("\ud83d\ude0")", R"("\ud83d\")", R"("\ud83d\u")",
        R"("\udfff\udfff")"})
    EXPECT_NE(error_of(text), "no error") << text;
}

TEST(JsonParse, RefusesWhatIsNoUtf8) {
  EXPECT_EQ(error_of("[\"ab\xff\"]"), "JSON: invalid UTF-8 at byte 4");
  for (const std::string_view bytes : {"\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xe0\x80\x80",
                                       "\xe0\x9f\xbf",
                                       "\xf0\x80\x80\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xed\xa0\xbd\xed\xb8\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xfc\x84\x80\x80\x80\x80",
                                       "\xfe",
                                       "\xff",
                                       "\xc3",
                                       "\xe4\xbd",
                                       "\xf0\x9f\x98",
                                       "\xc3(",
                                       "\xe4\xbd(",
                                       "\xf0\x9f\x98(",
                                       "\xe9"})
    EXPECT_EQ(error_of("\"" + std::string(bytes) + "\""), "JSON: invalid UTF-8 at byte 1");
  EXPECT_EQ(error_of("\"\xf0\x9f\x98"), "JSON: invalid UTF-8 at byte 1");
}

TEST(JsonParse, RefusesAKeyTwiceInOneObjectAlone) {
  EXPECT_EQ(error_of(R"({"a": 1, "b": 2, "a": 1})"), "JSON: duplicate key \"a\" at byte 17");
  EXPECT_EQ(error_of(R"([{"a":1,"\u0061":2}])"), "JSON: duplicate key \"a\" at byte 8");
  EXPECT_EQ(error_of(R"({"":1,"":2})"), "JSON: duplicate key \"\" at byte 6");
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})"), "no error");
}

TEST(JsonParse, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(error_of("[1,]"), "JSON: expected a value, not \"]\" at byte 3");
  EXPECT_EQ(error_of("[1 2]"), "JSON: expected a comma or ], not \"2\" at byte 3");
  EXPECT_EQ(error_of("{\"a\" 1}"), "JSON: expected a colon, not \"1\" at byte 5");
  EXPECT_EQ(error_of("{1}"), "JSON: expected a string, not \"1\" at byte 1");
  EXPECT_EQ(error_of("[1"), "JSON: expected a comma or ], not the end at byte 2");
  EXPECT_EQ(error_of("[] x"), "JSON: expected the end, not \"x\" at byte 3");
  EXPECT_EQ(error_of("\"\\q\""), "JSON: expected an escape, not \"q\" at byte 2");
}

TEST(JsonParse, ErrorsNeverRepeatRawBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string key{'"', 'k', c, '"'};
    for (const std::string& text :
         {std::string{c}, std::string{'"', '\\', c}, "{" + key + ":1," + key + ":1}"})
      for (const char shown : error_of(text)) ASSERT_TRUE(shown >= ' ' && shown <= '~') << byte;
  }
  const std::string long_key = "\"" + std::string(100'000, 'k') + "\"";
  EXPECT_LT(error_of("{" + long_key + ":1," + long_key + ":1}").size(), 100U);
}

TEST(JsonLimitsTest, SizeIsRefusedBeforeAnythingIsRead) {
  EXPECT_EQ(error_of("[12]", {.bytes = 4}), "no error");
  EXPECT_EQ(error_of("[123]", {.bytes = 4}), "JSON: 5 bytes, but at most 4 are accepted");
  EXPECT_EQ(error_of(std::string((1 << 20) + 1, ' ')),
            "JSON: 1048577 bytes, but at most 1048576 are accepted");
}

TEST(JsonLimitsTest, DepthCountsArraysAndObjects) {
  EXPECT_EQ(error_of(nested(64)), "no error");
  EXPECT_EQ(error_of(nested(65)), "JSON: nested deeper than 64 at byte 64");
  EXPECT_EQ(error_of(R"({"a":[{}]})", {.depth = 3}), "no error");
  EXPECT_EQ(error_of(R"({"a":[{}]})", {.depth = 2}), "JSON: nested deeper than 2 at byte 6");
  EXPECT_EQ(error_of("1", {.depth = 0}), "no error");
  EXPECT_EQ(error_of("[]", {.depth = 0}), "JSON: nested deeper than 0 at byte 0");
  EXPECT_EQ(error_of("[" + repeated("[],", 1000) + "[]]", {.depth = 2}), "no error");
}

TEST(JsonLimitsTest, NoDepthOverflowsTheStack) {
  const JsonLimits generous{.bytes = std::size_t{1} << 30, .depth = std::size_t{1} << 30};
  EXPECT_EQ(error_of(std::string(10'000'000, '['), generous), "JSON: nested deeper than 1000 at byte 1000");
  EXPECT_EQ(error_of(repeated("{\"a\":", 1'000'000), generous), "JSON: nested deeper than 1000 at byte 5000");
  EXPECT_EQ(Json::parse(nested(1000), generous).dump(), nested(1000));
}

// Once each key was compared with each; this many then took minutes.
TEST(JsonParseTiming, ManyKeysAreReadInReasonableTime) {
  std::string text = "{";
  for (int i = 0; i < 80'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  text += "\"\":0}";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Json::parse(text).as_object().size(), 80'001U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace socketserver
