// framing_demo: what it shows is so, every time.
#include <algorithm>

#include "apps/clients.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

Outcome demo(Argv options) {
  options.insert(options.begin(), our_program("framing_demo"));
  return run(options);
}

void expect_line(const Outcome& outcome, const std::string& line) {
  EXPECT_NE(outcome.out.find("  " + line + "\n"), std::string::npos) << line << "\n" << outcome.out;
}

TEST(FramingDemo, ShowsTwoMessagesAsOneAndOneAsTwo) {
  for (int i = 0; i < 5; ++i) {  // it must not depend on luck
    expect_line(demo({"--case", "sticky"}), R"(recv(1024)   gave "helloegg")");
    const Outcome split = demo({"--case", "split"});
    expect_line(split, R"(recv(8)      gave "hello, w", "orldegg")");
    EXPECT_NE(split.out.find("  recv()       for all of it gave "), std::string::npos) << split.out;
  }
}

TEST(FramingDemo, MeasuresTheHandshake) {
  const Outcome outcome = demo({"--case", "handshake", "--messages", "20"});
  EXPECT_NE(outcome.out.find(" 40 round trips "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find(" 1 round trip "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("ready needs 0.80 s"), std::string::npos) << outcome.out;
}

TEST(FramingDemo, ShowsEachCure) {
  const Outcome outcome = demo({"--case", "cures"});
  std::size_t cured = 0, at = 0;
  const std::string messages = "  receive()    gave \"hello\", \"egg\", \"\"\n";
  while ((at = outcome.out.find(messages, at)) != std::string::npos) ++cured, ++at;
  EXPECT_EQ(cured, 6u) << outcome.out;
  expect_line(outcome, R"(recv(4)      gave "hell", "o\x0aeg", "g\x0a\x0a")");
  expect_line(outcome,
              R"(recv(6)      gave "\x05\x00\x00\x00he", "llo\x03\x00\x00", "\x00egg\x00\x00", "\x00\x00")");
}

TEST(FramingDemo, ShowsAllInSixtyLines) {
  const Outcome outcome = demo({"--messages", "20"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const std::string lesson : {"1. ", "\n2. ", "\n3. ", "\n4. "})
    EXPECT_NE(outcome.out.find(lesson), std::string::npos) << lesson;
  EXPECT_LE(std::ranges::count(outcome.out, '\n'), 60);
  EXPECT_EQ(demo({"--case", "none"}).status, 2);
  EXPECT_EQ(demo({"more"}).status, 2);
}

}  // namespace
}  // namespace socketserver::testing
