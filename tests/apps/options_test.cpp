// The command line: what is taken, and what is said of what is not.
#include "common/options.hpp"

#include <gtest/gtest.h>

namespace socketserver::apps {
namespace {

using namespace std::chrono_literals;

/// A program with one option of each kind.
class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() {
    options_.flag("udp", udp_, "a flag");
    options_.value("host", "HOST", host_, "a value");
    options_.path("unix", "PATH", path_, "a path");
    options_.integer("port", "PORT", port_, 0, 65535, "a number");
    options_.seconds("timeout", timeout_, "a time");
    options_.seconds("drain", drain_, "a time that may be none at all", Options::Zero::kNoTime);
    options_.choice("mode", mode_, {"upper", "once"}, "a choice");
    options_.excludes("unix", {"host", "port"});
    options_.needs("udp", {"drain"});
  }
  std::vector<std::string> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return options_.parse(static_cast<int>(words.size()), argv.data());
  }
  std::string complaint(std::vector<std::string> words) {
    try {
      parse(std::move(words));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "none";
  }

  using Words = std::vector<std::string>;
  bool udp_ = false;
  std::string host_ = "here", path_, mode_ = "upper";
  long long port_ = 7;
  Timeout timeout_ = 1s, drain_ = 1s;
  Options options_{"program", "[OPTION]... [WORD]...", "Does something."};
};

TEST_F(OptionsTest, WithoutAnyAllStaysAsItWas) {
  EXPECT_EQ(parse({}), Words{});
  EXPECT_FALSE(udp_);
  EXPECT_EQ(host_, "here");
  EXPECT_EQ(port_, 7);
  EXPECT_EQ(timeout_, Timeout(1s));
  EXPECT_FALSE(options_.given("port"));
}

TEST_F(OptionsTest, ValuesFollowTheNameOrAnEqualsSign) {
  parse({"--host", "there", "--port=80", "--udp", "--mode", "once"});
  EXPECT_EQ(host_, "there");
  EXPECT_EQ(port_, 80);
  EXPECT_TRUE(udp_);
  EXPECT_EQ(mode_, "once");
  EXPECT_TRUE(options_.given("port"));
}

TEST_F(OptionsTest, AValueMayLookLikeAnOptionOrHoldAnEqualsSign) {
  parse({"--host", "--udp"});
  EXPECT_EQ(host_, "--udp");
  parse({"--host=a=b"});
  EXPECT_EQ(host_, "a=b");
  parse({"--host="});
  EXPECT_EQ(host_, "");
}

TEST_F(OptionsTest, TheLastOneCounts) {
  parse({"--port", "1", "--port", "2"});
  EXPECT_EQ(port_, 2);
}

TEST_F(OptionsTest, OtherWordsAreReturnedInOrder) {
  EXPECT_EQ(parse({"a", "--udp", "-", "", "b"}), (Words{"a", "-", "", "b"}));
}

TEST_F(OptionsTest, NothingIsAnOptionBehindTwoDashes) {
  EXPECT_EQ(parse({"--udp", "--", "ls", "-l", "--udp", "--"}), (Words{"ls", "-l", "--udp", "--"}));
}

TEST_F(OptionsTest, TimesAreSecondsWithFractions) {
  parse({"--timeout", "2.5"});
  EXPECT_EQ(timeout_, Timeout(2500ms));
  parse({"--timeout", "none"});
  EXPECT_EQ(timeout_, Timeout());
  parse({"--timeout", "1e-12"});
  EXPECT_EQ(timeout_, Timeout(1ns));
}

TEST_F(OptionsTest, ATimeOfZeroIsNoLimitUnlessItMakesSense) {
  parse({"--timeout", "0", "--drain", "0", "--udp"});
  EXPECT_EQ(timeout_, Timeout());
  EXPECT_EQ(drain_, Timeout(0s));
}

TEST_F(OptionsTest, WhatIsWrongIsSaidInOneLine) {
  EXPECT_EQ(complaint({"--prot", "80"}), "unknown option --prot (see --help)");
  EXPECT_EQ(complaint({"-p"}), "unknown option -p (see --help)");
  EXPECT_EQ(complaint({"--bad\nname=x"}), "unknown option --bad\\x0aname (see --help)");
  EXPECT_EQ(complaint({"--port"}), "--port lacks its value (see --help)");
  EXPECT_EQ(complaint({"--udp=yes"}), "--udp takes no value (see --help)");
  EXPECT_EQ(complaint({"--unix="}), "--unix: must not be empty");
  EXPECT_EQ(complaint({"--mode", "loud"}), "--mode: 'loud' is none of upper, once");
  EXPECT_EQ(complaint({"--drain", "1"}), "--drain means nothing without --udp (see --help)");
  EXPECT_EQ(complaint({"--unix", "a", "--port", "1"}),
            "--unix does not go together with --port (see --help)");
}

TEST_F(OptionsTest, NumbersMustBeWholeAndInRange) {
  EXPECT_EQ(complaint({"--port", "70000"}), "--port: 70000 is not in 0..65535");
  EXPECT_EQ(complaint({"--port=-1"}), "--port: -1 is not in 0..65535");
  EXPECT_EQ(complaint({"--port", "99999999999999999999"}), "--port: 99999999999999999999 is not in 0..65535");
  for (const std::string no_number :
       {"", "http", "80x", " 80", "0x50", "8.0", "+80", "99999999999999999999x"})
    EXPECT_EQ(complaint({"--port", no_number}), "--port: '" + no_number + "' is not a whole number");
}

TEST_F(OptionsTest, TimesMustBeNumbersOfThisWorld) {
  for (const std::string no_time : {"", "soon", "-1", "1s", "nan", "inf", "1e999", " 1"})
    EXPECT_EQ(complaint({"--timeout", no_time}), "--timeout: '" + no_time + "' is not a number of seconds");
  EXPECT_EQ(complaint({"--timeout", "1e10"}), "--timeout: more than 1000000000 seconds; no limit is 'none'");
}

TEST(Options, AHostMayBeInBracketsAndHasOtherNames) {
  std::string host = "here";
  Options options("program", "", "");
  options.host("host", host, "a host").also({"-b", "--bind"});
  const auto parse = [&](std::vector<std::string> words) {
    std::vector<char*> argv{words[0].data()};  // which is passed over
    for (std::string& word : words) argv.push_back(word.data());
    return options.parse(static_cast<int>(argv.size()), argv.data());
  };
  parse({"--host", "[::1]"});
  EXPECT_EQ(host, "::1");
  parse({"-b", "there"});
  EXPECT_EQ(host, "there");
  parse({"--bind=::1"});
  EXPECT_EQ(host, "::1");
  EXPECT_TRUE(options.given("host"));
  for (const char* empty : {"", "[]"}) EXPECT_THROW(parse({"--host", empty}), UsageError) << empty;
  ::testing::internal::CaptureStdout();
  EXPECT_THROW(parse({"--help"}), HelpGiven);
  EXPECT_NE(::testing::internal::GetCapturedStdout().find(
                "  --host HOST                 a host; also -b, --bind (default: here)\n"),
            std::string::npos);
}

TEST(Options, OneOfManyValuesKeepsThemAll) {
  std::vector<std::string> to;
  Options options("program", "", "");
  options.each("to", "WHOM", to, "some");
  std::string words[] = {"program", "--to", "a", "--to=b", "--to", "a"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  options.parse(static_cast<int>(argv.size()), argv.data());
  EXPECT_EQ(to, (std::vector<std::string>{"a", "b", "a"}));
}

TEST_F(OptionsTest, HelpEndsWhateverElseIsThere) {
  ::testing::internal::CaptureStdout();
  EXPECT_THROW(parse({"--help", "--unknown"}), HelpGiven);
  const std::string help = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(help,
            "Usage: program [OPTION]... [WORD]...\n"
            "Does something.\n"
            "\n"
            "Options:\n"
            "  --udp                       a flag\n"
            "  --host HOST                 a value (default: here)\n"
            "  --unix PATH                 a path\n"
            "  --port PORT                 a number (default: 7)\n"
            "  --timeout SECONDS           a time (default: 1)\n"
            "  --drain SECONDS             a time that may be none at all (default: 1)\n"
            "  --mode upper|once           a choice (default: upper)\n"
            "  --help                      print this and end\n");
}

}  // namespace
}  // namespace socketserver::apps
