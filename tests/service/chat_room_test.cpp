// The room: who is let in, who hears what, and what it never sends.
#include "socketserver/service/chat_room.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "socketserver/service/chat_name.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Lines = std::vector<std::string>;

class Room : public ::testing::Test {
 protected:
  static Address at(int port) { return {"127.0.0.1", port}; }
  /// What is sent, each as "PORT TEXT".
  static Lines sent(const ChatActions& actions) {
    Lines all;
    for (const ChatDelivery& each : actions.send)
      for (const Address& to : *each.to) all.push_back(std::to_string(to.port()) + " " + each.text);
    return all;
  }
  Lines say(int port, std::string_view text) { return sent(room_.hear(at(port), text, now_)); }
  /// The code that somebody at `port` is asked for.
  std::string code_for(int port) {
    const Lines answer = say(port, "let me in, please, let me in");
    return answer.size() == 1 ? answer[0].substr(answer[0].rfind('/')) : "none";
  }
  Lines enter(int port, const std::string& name) { return say(port, code_for(port) + " " + name); }
  Lines pass(std::chrono::nanoseconds time) {
    now_ += time;
    return sent(room_.tick(now_));
  }
  static ChatRoomSettings settings() {
    ChatRoomSettings all;
    all.member_timeout = 5min;
    all.max_members = 20;
    all.max_members_per_source = 15;
    all.rate = 10;
    return all;
  }
  ChatRoom room_{settings(), "secret"};
  Clock::time_point now_{1000h};
};

// ---- entering ----

TEST_F(Room, IsEnteredByWhoSendsTheCodeBack) {
  EXPECT_EQ(enter(1, "anna"), (Lines{"1 * welcome, anna; here: anna", "1 * anna joined"}));
  pass(2s);
  EXPECT_EQ(enter(2, "bob"),
            (Lines{"2 * welcome, bob; here: anna, bob", "1 * bob joined", "2 * bob joined"}));
  EXPECT_TRUE(room_.is_member(at(1)));
  EXPECT_EQ(room_.size(), 2u);
}

TEST_F(Room, IsNotEnteredWithTheCodeOfAnother) {
  const std::string code = code_for(1);
  EXPECT_EQ(say(2, code + " eve").size(), 1u);
  EXPECT_EQ(say(1, code + "x eve").size(), 1u);
  EXPECT_EQ(say(1, code.substr(0, 10) + " eve").size(), 1u);
  EXPECT_EQ(room_.size(), 0u);
  ChatRoom other(settings(), "another secret");
  other.hear(at(1), code, now_);
  EXPECT_EQ(other.size(), 0u);
}

TEST_F(Room, TakesACodeForOneToTwoMinutes) {
  const std::string code = code_for(1);
  now_ += 60s;
  say(1, code);
  EXPECT_EQ(room_.size(), 1u);
  const std::string late = code_for(2);
  now_ += 120s;
  say(2, late);
  EXPECT_EQ(room_.size(), 1u);
}

// The reason for the code: false source addresses.
TEST_F(Room, NeverSendsMoreToAnUnprovedAddressThanCameFromIt) {
  for (std::size_t size = 0; size < 100; ++size)
    for (const std::string& text :
         {std::string(size, 'x'), std::string(size, '\n'), "/"s + std::string(size, 'a')}) {
      std::size_t answered = 0;
      for (const ChatDelivery& each : room_.hear(at(9), text, now_).send) answered += each.text.size();
      EXPECT_LE(answered, text.size());
    }
  EXPECT_EQ(say(9, std::string(26, 'x')).front().substr(0, 18), "9 to enter, send /");
  EXPECT_EQ(say(9, "/name anna\n").front().size(), "9 /k7mw2q3xab"s.size());
  EXPECT_EQ(say(9, "hi\n"), Lines{"9 ?\n"});
  EXPECT_EQ(say(9, ""), Lines{});
}

TEST_F(Room, SendsNothingToThoseWhoAreNotMembers) {
  enter(1, "anna");
  code_for(2);
  EXPECT_EQ(say(1, "hello"), Lines{"1 anna: hello"});
  EXPECT_EQ(room_.hear(Address(), "hello, hello, hello, hello", now_).send.size(), 0u);
  EXPECT_EQ(say(0, "hello, hello, hello, hello"), Lines{});
}

TEST_F(Room, AnswersSoManyStrangersOfASourceInASecond) {
  std::size_t answered = 0;
  for (int i = 0; i < 5000; ++i) answered += say(1 + i, "let me in, please, let me in").size();
  EXPECT_EQ(answered, 1000u);
  now_ += 1s;
  EXPECT_EQ(say(1, "let me in, please, let me in").size(), 1u);
}

TEST_F(Room, TakesANetworkOfIPv6ForOneSource) {
  std::size_t answered = 0;
  for (int i = 1; i <= 2000; ++i)
    answered += room_.hear(Address("2001:db8::" + std::to_string(i), 1), "let me in", now_).send.size();
  EXPECT_EQ(answered, 1000u);
}

TEST_F(Room, HasRoomForSoMany) {
  for (int port = 1; port <= 15; ++port) enter(port, "m");
  EXPECT_EQ(enter(16, "m"), Lines{"16 * the room is full"});  // of one source
  for (int i = 1; i <= 5; ++i) {
    const Address elsewhere("127.0.1.1", i);
    const std::string asked = room_.hear(elsewhere, std::string(32, ' '), now_).send.at(0).text;
    room_.hear(elsewhere, asked.substr(asked.rfind('/')), now_);
  }
  EXPECT_EQ(room_.size(), 20u);
  say(1, "/quit");
  EXPECT_EQ(enter(16, "m").front().substr(0, 12), "16 * welcome");
  EXPECT_EQ(enter(17, "m"), Lines{"17 * the room is full"});
}

// ---- talking ----

TEST_F(Room, RelaysWhatIsSaidToAllMembers) {
  enter(1, "anna");
  enter(2, "bob");
  EXPECT_EQ(say(1, "hello"), (Lines{"1 anna: hello", "2 anna: hello"}));
  EXPECT_EQ(say(2, "//slash"), (Lines{"1 bob: /slash", "2 bob: /slash"}));
  EXPECT_EQ(say(2, ""), Lines{});
  EXPECT_EQ(room_.hear(at(1), "x", now_).show, Lines{"[127.0.0.1:1] anna: x"});
}

TEST_F(Room, EndsLinesForThoseWhoEndTheirs) {
  say(1, code_for(1) + " anna\n");
  enter(2, "bob");
  EXPECT_EQ(say(2, "hello"), (Lines{"1 bob: hello\n", "2 bob: hello"}));
  EXPECT_EQ(say(1, "hello\n"), (Lines{"1 anna: hello\n", "2 anna: hello"}));
}

TEST_F(Room, LetsNobodyWriteLinesOfHisOwn) {
  enter(1, "anna");
  EXPECT_EQ(say(1, "a\n* bob left\x1b[2J\xff\r\n"), Lines{"1 anna: a\\x0a* bob left\\x1b[2J\\xff"});
}

TEST_F(Room, SaysToTheMemberAloneWhatIsTooLong) {
  enter(1, "anna");
  enter(2, "bob");
  EXPECT_EQ(say(1, std::string(1025, 'x')), Lines{"1 * longer than 1024 bytes, and not relayed"});
  EXPECT_EQ(say(1, std::string(1024, '\xff')).at(1).size(), "1 anna: "s.size() + 4 * 1024);
}

TEST_F(Room, RelaysSoManyLinesOfAMemberInASecond) {
  enter(1, "anna");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(say(1, "x"), Lines{"1 anna: x"});
  EXPECT_EQ(say(1, "x"), Lines{"1 * too fast: what you say is not relayed"});
  EXPECT_EQ(say(1, "x"), Lines{});  // told once
  now_ += 100ms;
  EXPECT_EQ(say(1, "x"), Lines{"1 anna: x"});
  EXPECT_EQ(say(1, "x").size(), 1u);
}

// So that who says it again later learns each time whether it was relayed.
TEST_F(Room, TellsTenTimesASecondThatOneIsTooFast) {
  for (int port = 1; port <= 10; ++port) enter(port, "m");
  const auto exhaust_source = [this](int from, int to) {
    for (int port = from; port <= to; ++port)
      while (say(port, "x").size() > 1) {
      }
  };
  exhaust_source(1, 10);
  now_ += 99ms;
  EXPECT_EQ(say(1, "x"), Lines{});
  now_ += 1ms;
  exhaust_source(2, 10);
  EXPECT_EQ(say(1, "x"), Lines{"1 * too fast: what you say is not relayed"});
  EXPECT_EQ(say(1, "x"), Lines{});
}

std::size_t relayed(const Lines& lines) {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [](const auto& line) { return line.ends_with(": x"); }));
}

TEST_F(Room, RelaysSoManyLinesOfASourceInASecond) {
  for (int port = 1; port <= 10; ++port) enter(port, "m");
  const auto all_speak = [&] {
    std::size_t lines = 0;
    for (int i = 0; i < 20; ++i)
      for (int port = 1; port <= 10; ++port) lines += relayed(say(port, "x")) / room_.size();
    return lines;
  };
  EXPECT_EQ(all_speak(), 100u);
  now_ += 1s;
  EXPECT_EQ(all_speak(), 50u);
  const Address elsewhere("127.0.1.1", 11);
  const std::string asked = room_.hear(elsewhere, std::string(32, ' '), now_).send.at(0).text;
  room_.hear(elsewhere, asked.substr(asked.rfind('/')), now_);
  EXPECT_EQ(relayed(sent(room_.hear(elsewhere, "x", now_))), 11u);
}

// As who leaves and comes back would otherwise have.
TEST_F(Room, CountsForASourceWhatThoseSaidWhoLeft) {
  std::size_t lines = 0;
  for (int port = 1; port <= 100; ++port) {
    enter(port, "m");
    lines += relayed(say(port, "x"));
    say(port, "/quit");
  }
  EXPECT_EQ(lines, 50u);
}

TEST_F(Room, LimitsNoSourceWhereAnyNumberOfMembersMayComeFromIt) {
  ChatRoomSettings any = settings();
  any.max_members = 1000;
  any.max_members_per_source = 0;
  ChatRoom room(any, "secret");
  for (int port = 1; port <= 200; ++port) {
    room.hear(at(port), code_for(port), now_);
    EXPECT_EQ(relayed(sent(room.hear(at(port), "x", now_))), room.size());
  }
}

TEST_F(Room, LetsThePersonAtTheServerSpeak) {
  enter(1, "anna");
  EXPECT_EQ(sent(room_.type("hello, all", now_)), Lines{"1 server: hello, all"});
  EXPECT_EQ(room_.type("/who", now_).notes, Lines{"here: anna"});
  EXPECT_TRUE(room_.type(" ", now_).send.empty());
  EXPECT_TRUE(room_.type("q", now_).end);
}

// ---- names ----

TEST_F(Room, GivesEverybodyANameOfHisOwn) {
  enter(1, "anna");
  EXPECT_EQ(enter(2, "anna").front(), "2 * welcome, anna2; here: anna, anna2");
  EXPECT_EQ(enter(3, "").front(), "3 * welcome, guest1; here: anna, anna2, guest1");
  EXPECT_EQ(enter(4, "a: b").front().substr(0, 19), "4 * welcome, guest2");
  EXPECT_EQ(enter(5, "server").front().substr(0, 20), "5 * welcome, server2");
}

TEST_F(Room, LetsMembersTakeAnotherName) {
  enter(1, "anna");
  enter(2, "bob");
  EXPECT_EQ(say(1, "/name carla"), (Lines{"1 * anna is now carla", "2 * anna is now carla"}));
  EXPECT_EQ(say(2, "/name carla"), Lines{"2 * somebody else has that name"});
  EXPECT_EQ(say(2, "/name * bob"), Lines{"2 * that cannot be a name"});
  EXPECT_EQ(say(2, "/name"), Lines{"2 * that cannot be a name"});
  EXPECT_EQ(say(2, "/who"), Lines{"2 * here: carla, bob"});
  EXPECT_EQ(say(2, "/nam").front().substr(0, 20), "2 * there are /name ");
  EXPECT_EQ(say(2, "/name bob"), Lines{"2 * that is your name"});
}

// Once nothing was said to a word that looks like a code.
TEST_F(Room, AnswersEachCommand) {
  enter(1, "anna");
  EXPECT_EQ(say(1, "/understand").front().substr(0, 20), "1 * there are /name ");
}

TEST(ChatName, IsOneVisibleWord) {
  for (const char* good : {"anna", "\xe8\xae\xa1", "a*", "a-b_c.d", "x1"})
    EXPECT_TRUE(is_chat_name(good)) << good;
  for (const std::string bad :
       {"", "a b", "a:", "*a", "/a", "@a", "a,b", "\xff", "a\x1b", "a\xe2\x80\xae", "\xe2\x80\x8b",
        "\xc2\xa0", "server\xcd\x8f", "a\xef\xb8\x8f", "\xe3\x85\xa4", "aaaaaaaabbbbbbbbccccccccdddddddde"})
    EXPECT_FALSE(is_chat_name(bad)) << bad;
}

// ---- leaving ----

TEST_F(Room, TellsWhoLeaves) {
  enter(1, "anna");
  enter(2, "bob");
  pass(2s);  // and it is told of bob
  now_ += 1s;
  EXPECT_EQ(say(2, "/quit"), Lines{"1 * bob left"});
  EXPECT_EQ(say(1, "hello"), Lines{"1 anna: hello"});
}

// Once he stayed, and was sent all that was said.
TEST_F(Room, LetsThoseLeaveWhoAreTooFast) {
  enter(1, "anna");
  while (!say(1, "x").empty()) {
  }
  say(1, "/quit");
  EXPECT_EQ(room_.size(), 0u);
}

TEST_F(Room, ForgetsThoseWhoWereNotHeardFrom) {
  enter(1, "anna");
  enter(2, "bob");
  pass(4min);
  say(1, "");  // a sign of life
  pass(0s);
  EXPECT_EQ(pass(61s), Lines{"1 * bob left"});
  EXPECT_EQ(say(1, "hello"), Lines{"1 anna: hello"});
  EXPECT_EQ(pass(6min), Lines{});
  EXPECT_EQ(room_.size(), 0u);
}

// Once the first was announced to the second.
TEST_F(Room, SendsNothingToThoseWhoAreForgottenAtTheSameTime) {
  enter(1, "anna");
  pass(1s);
  enter(2, "bob");
  pass(1s);
  EXPECT_EQ(pass(6min), Lines{});
  EXPECT_EQ(room_.size(), 0u);
}

TEST_F(Room, TellsOfManyWhoComeAtOnceInOneLine) {
  EXPECT_EQ(enter(1, "m1").size(), 2u);
  for (int port = 2; port <= 15; ++port) EXPECT_EQ(enter(port, "m" + std::to_string(port)).size(), 1u);
  say(2, "/quit");  // came and went unnoticed
  const Lines told = pass(1s);
  EXPECT_EQ(told.size(), 14u);
  EXPECT_EQ(told.front().substr(told.front().find("* ")),
            "* m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15 joined");
}

TEST_F(Room, AsksForTheProofAgainAfterAnHour) {
  enter(1, "anna");
  enter(2, "bob");
  for (int minute = 0; minute < 60; ++minute) {
    EXPECT_EQ(pass(1min).size(), minute == 0 ? 2u : 0u);  // the rest of the announcements
    say(1, "");
    say(2, "");
  }
  const Lines asked = pass(1s);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].substr(0, 18), "1 to enter, send /");
  EXPECT_EQ(say(1, asked[0].substr(asked[0].rfind('/'))), Lines{"1 * welcome, anna"});
  for (int minute = 0; minute < 4; ++minute) {
    EXPECT_EQ(pass(1min), Lines{});
    say(1, "");
    say(2, "as ever");
  }
  EXPECT_EQ(pass(61s), Lines{"1 * bob left"});
}

TEST_F(Room, TakesTheProofOfThoseWhoAreTooFast) {
  const std::string code = code_for(1);
  say(1, code + " anna");
  while (!say(1, "x").empty()) {
  }
  EXPECT_EQ(say(1, code), Lines{"1 * welcome, anna"});
}

}  // namespace
}  // namespace socketserver::testing
