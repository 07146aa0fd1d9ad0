// Building values, looking into them, and what protocol code is told when they are not as expected.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "socketserver/json/json.hpp"

namespace socketserver {
namespace {

template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const JsonError& error) {
    return error.what();
  }
  return "no error";
}

const Json kHeader = Json::object({{"cmd", "put"},
                                   {"filesize", 5},
                                   {"ratio", 0.5},
                                   {"resume", true},
                                   {"md5", nullptr},
                                   {"names", Json::array({"a", "b"})}});

TEST(JsonValue, KnowsItsType) {
  EXPECT_EQ(Json().type(), Json::Type::kNull);
  EXPECT_EQ(Json(nullptr).type(), Json::Type::kNull);
  EXPECT_EQ(Json(true).type(), Json::Type::kBool);
  EXPECT_EQ(Json(1).type(), Json::Type::kInteger);
  EXPECT_EQ(Json(1.0).type(), Json::Type::kDouble);
  EXPECT_EQ(Json("").type(), Json::Type::kString);
  EXPECT_EQ(Json::array().type(), Json::Type::kArray);
  EXPECT_EQ(Json::object().type(), Json::Type::kObject);
}

TEST(JsonValue, TextOfAnyFormIsAString) {
  EXPECT_EQ(Json("text").as_string(), "text");
  EXPECT_EQ(Json(std::string_view("text")).as_string(), "text");
  EXPECT_EQ(Json(std::string("te\0xt", 5)).as_string(), std::string("te\0xt", 5));
}

TEST(JsonValue, IntegersOfEveryWidthAreHeldExactly) {
  EXPECT_EQ(Json(std::int8_t{-1}).as_int(), -1);
  EXPECT_EQ(Json(std::size_t{1073741824000}).as_int(), 1073741824000);
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::min()).as_int(),
            std::numeric_limits<std::int64_t>::min());
}

TEST(JsonValue, AnIntegerBeyond64BitsIsRefusedAndNotWrapped) {
  EXPECT_EQ(error_of([] { (void)Json(UINT64_MAX); }),
            "JSON: 18446744073709551615 is beyond the integers of 64 bits");
}

TEST(JsonValue, GetGivesTheMemberOfThatType) {
  EXPECT_EQ(kHeader.get_string("cmd"), "put");
  EXPECT_EQ(kHeader.get_int("filesize"), 5);
  EXPECT_EQ(kHeader.get_double("ratio"), 0.5);
  EXPECT_TRUE(kHeader.get_bool("resume"));
  EXPECT_EQ(kHeader.get_array("names").at(1).as_string(), "b");
}

TEST(JsonValue, AnIntegerIsADoubleButADoubleIsNoInteger) {
  EXPECT_EQ(kHeader.get_double("filesize"), 5.0);
  EXPECT_EQ(error_of([] { kHeader.get_int("ratio"); }), "JSON: \"ratio\" is a double, not an integer");
}

TEST(JsonValue, GetNamesTheKeyThatIsOfAnotherType) {
  EXPECT_EQ(error_of([] { kHeader.get_int("cmd"); }), "JSON: \"cmd\" is a string, not an integer");
  EXPECT_EQ(error_of([] { kHeader.get_string("filesize"); }),
            "JSON: \"filesize\" is an integer, not a string");
  EXPECT_EQ(error_of([] { kHeader.get_string("md5"); }), "JSON: \"md5\" is null, not a string");
  EXPECT_EQ(error_of([] { kHeader.get_bool("names"); }), "JSON: \"names\" is an array, not a boolean");
  EXPECT_EQ(error_of([] { kHeader.get_array("resume"); }), "JSON: \"resume\" is a boolean, not an array");
  EXPECT_EQ(error_of([] { kHeader.get_double("cmd"); }), "JSON: \"cmd\" is a string, not a double");
}

TEST(JsonValue, GetNamesTheKeyThatIsMissing) {
  EXPECT_EQ(error_of([] { kHeader.get_int("size"); }), "JSON: \"size\" is missing");
  EXPECT_EQ(error_of([] { kHeader.at("size"); }), "JSON: \"size\" is missing");
}

TEST(JsonValue, FindGivesNothingForAMissingKeyAlone) {
  EXPECT_EQ(kHeader.find("size"), nullptr);
  EXPECT_EQ(kHeader.find_int("size"), std::nullopt);
  EXPECT_EQ(kHeader.find_string("size"), std::nullopt);
  EXPECT_EQ(kHeader.find_bool("size"), std::nullopt);
  EXPECT_EQ(kHeader.find_int("filesize"), 5);
  EXPECT_EQ(kHeader.find_string("cmd"), "put");
  EXPECT_EQ(kHeader.find_bool("resume"), true);
  EXPECT_EQ(error_of([] { (void)kHeader.find_string("md5"); }), "JSON: \"md5\" is null, not a string");
}

TEST(JsonValue, OnlyAnObjectHasKeys) {
  EXPECT_TRUE(kHeader.contains("md5"));
  EXPECT_FALSE(kHeader.contains("put"));
  EXPECT_EQ(error_of([] { (void)Json::array().find("a"); }), "JSON: the value is an array, not an object");
  EXPECT_EQ(error_of([] { Json("text").get_int("a"); }), "JSON: the value is a string, not an object");
}

TEST(JsonValue, AsRefusesAnotherType) {
  EXPECT_EQ(error_of([] { Json("5").as_int(); }), "JSON: the value is a string, not an integer");
  EXPECT_EQ(error_of([] { Json(5).as_string(); }), "JSON: the value is an integer, not a string");
  EXPECT_EQ(error_of([] { Json(5).as_array(); }), "JSON: the value is an integer, not an array");
  EXPECT_EQ(error_of([] { Json(0).as_bool(); }), "JSON: the value is an integer, not a boolean");
}

TEST(JsonValue, SetAddsAtTheEndOrReplacesInPlace) {
  Json json;
  json.set("b", 1);
  json.set("a", 2);
  json.set("b", "new");
  EXPECT_EQ(json, Json::object({{"b", "new"}, {"a", 2}}));
  EXPECT_EQ(json.as_object().front().first, "b");
  EXPECT_EQ(error_of([] { Json("text").set("a", 1); }), "JSON: the value is a string, not an object");
}

TEST(JsonValue, PushBackAddsAtTheEnd) {
  Json json;
  json.push_back(1);
  json.push_back("two");
  EXPECT_EQ(json, Json::array({1, "two"}));
  EXPECT_EQ(error_of([] { Json::object().push_back(1); }), "JSON: the value is an object, not an array");
}

TEST(JsonValue, OfEqualKeysTheLastCounts) {
  EXPECT_EQ(Json::object({{"a", 1}, {"b", 2}, {"a", 3}}), Json::object({{"a", 3}, {"b", 2}}));
}

TEST(JsonValue, EqualityCountsTypeContentsAndOrder) {
  EXPECT_EQ(kHeader, Json(kHeader));
  EXPECT_NE(Json(1), Json(1.0));
  EXPECT_NE(Json(), Json(false));
  EXPECT_NE(Json::array(), Json::object());
  EXPECT_NE(Json::array({1, 2}), Json::array({2, 1}));
  EXPECT_NE(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"b", 2}, {"a", 1}}));
}

TEST(JsonValue, CopiesAreDeep) {
  Json copy = kHeader;
  copy.set("names", Json::array());
  EXPECT_EQ(kHeader.get_array("names").size(), 2U);
  EXPECT_TRUE(copy.get_array("names").empty());
}

TEST(JsonValue, ListsOfOneElementNestAndDoNotCollapse) {
  EXPECT_EQ(Json::array({Json::array({1})}).dump(), "[[1]]");
  EXPECT_EQ(Json::array({Json::object({{"a", "b"}})}).dump(), R"([{"a": "b"}])");
}

TEST(JsonErrorText, IsPrintableAndShortWhateverTheKey) {
  EXPECT_EQ(json_quoted("plain"), "\"plain\"");
  EXPECT_EQ(json_quoted("\x1b[2J\r\n\"\\\x7f\xff"), "\"\\x1b[2J\\x0d\\x0a\\x22\\x5c\\x7f\\xff\"");
  const std::string longest(40, 'k');
  EXPECT_EQ(json_quoted(longest), "\"" + longest + "\"");
  EXPECT_EQ(json_quoted(longest + "k"), "\"" + longest + "...\"");
}

}  // namespace
}  // namespace socketserver
