// Text operations in ASCII, whatever the locale.
#include "socketserver/io/ascii.hpp"

#include <gtest/gtest.h>

#include <clocale>

namespace socketserver {
namespace {

using namespace std::string_literals;

TEST(Upper, turns_ascii_letters_and_nothing_else) {
  EXPECT_EQ(upper("hello, World 9`{@["), "HELLO, WORLD 9`{@[");
  EXPECT_EQ(upper(""), "");
  EXPECT_EQ(upper("a\0z"s), "A\0Z"s);
  EXPECT_EQ(upper("straße \xE4\xFF"), "STRAßE \xE4\xFF");
}

TEST(Upper, does_not_ask_the_locale) {
  std::setlocale(LC_ALL, "");
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    const bool letter = c >= 'a' && c <= 'z';
    EXPECT_EQ(upper(text), letter ? std::string(1, static_cast<char>(c - 32)) : text);
  }
}

TEST(Upper, works_in_place) {
  std::string text = "in Place";
  make_upper(text);
  EXPECT_EQ(text, "IN PLACE");
}

TEST(Strip, takes_ascii_white_space_from_both_ends) {
  EXPECT_EQ(strip(" \t\r\n\v\f a b \n"), "a b");
  EXPECT_EQ(strip("a"), "a");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip(" \n "), "");
  EXPECT_EQ(strip("\0 x"s), "\0 x"s);
  EXPECT_EQ(strip("\xC2\xA0x\xA0"), "\xC2\xA0x\xA0");  // no-break spaces stay, as in Python's bytes
}

}  // namespace
}  // namespace socketserver
