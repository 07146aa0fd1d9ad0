// The client's side of chat: how it gets into a room, and what it says again.
#include "socketserver/service/chat_partner.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "socketserver/service/chat_room.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// A room and those who talk in it, over a network that loses what a test wants lost.
class Partners : public ::testing::Test {
 protected:
  struct One {
    explicit One(const std::string& name) : partner(name) {}
    ChatPartner partner;
    Lines shown, notes;
  };
  static Address at(std::size_t who) { return {"127.0.0.1", static_cast<int>(who) + 1}; }

  One& add(const std::string& name) { return all_.emplace_back(name); }
  void begin(One& one) { take(one, one.partner.begin(now_)); }
  void say(One& one, const std::string& line) { take(one, one.partner.say(line, now_)); }
  void leave(One& one) { take(one, one.partner.leave()); }
  void pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      now_ += 1s;
      for (One& one : all_) take(one, one.partner.tick(now_));
      deliver(room_->tick(now_));
      run_network();
    }
  }
  void take(One& one, const ChatTurn& turn) {
    pass_on(one, turn);
    run_network();
  }
  void pass_on(One& one, const ChatTurn& turn) {
    if (turn.show) one.shown.push_back(*turn.show);
    one.notes.insert(one.notes.end(), turn.notes.begin(), turn.notes.end());
    const auto who = static_cast<std::size_t>(std::ranges::find(all_, &one, [](One& each) { return &each; }) -
                                              all_.begin());
    for (const std::string& datagram : turn.send)
      if (!lose_) network_.push_back([=, this] { deliver(room_->hear(at(who), datagram, now_)); });
  }
  void deliver(const ChatActions& actions) {
    if (lose_) return;
    for (const ChatDelivery& each : actions.send)
      for (const Address& to : *each.to) {
        if (!lost_.empty() && each.text.starts_with(lost_)) continue;
        One& one = all_.at(static_cast<std::size_t>(to.port()) - 1);
        network_.push_back([this, &one, text = each.text] { pass_on(one, one.partner.hear(text, now_)); });
      }
  }
  void run_network() {
    for (; !network_.empty(); network_.pop_front()) network_.front()();
  }
  std::optional<ChatRoom> room_{std::in_place, ChatRoomSettings(), "secret"};
  std::deque<One> all_;
  std::deque<std::function<void()>> network_;  // what is on its way
  Clock::time_point now_{1000h};
  bool lose_ = false;
  std::string lost_;  // begins what does not arrive from the room
};

TEST_F(Partners, EnterARoomUnseen) {
  One& anna = add("anna");
  begin(anna);
  EXPECT_EQ(anna.shown, (Lines{"* welcome, anna; here: anna", "* anna joined"}));
  say(anna, "hello");
  EXPECT_EQ(anna.shown.back(), "anna: hello");
  EXPECT_FALSE(anna.partner.waiting());
}

TEST_F(Partners, FindOutThatARoomIsThere) {
  One& one = add("");
  say(one, "hello, who of you is in here?");
  EXPECT_EQ(one.shown, (Lines{"* welcome, guest1; here: guest1", "* guest1 joined",
                              "guest1: hello, who of you is in here?"}));
}

TEST_F(Partners, TryAgainWhereSomethingWasLost) {
  One& anna = add("anna");
  lose_ = true;
  begin(anna);
  say(anna, "first");
  pass(3s);
  EXPECT_TRUE(anna.shown.empty());
  EXPECT_TRUE(anna.partner.waiting());
  lose_ = false;
  say(anna, "second");
  pass(10s);
  EXPECT_EQ(anna.shown,
            (Lines{"* welcome, anna; here: anna", "* anna joined", "anna: first", "anna: second"}));
  EXPECT_FALSE(anna.partner.waiting());
}

// Once one who was in did not learn of it until the next hour, and said nothing.
TEST_F(Partners, LearnThatTheyAreInWhereTheWelcomeWasLost) {
  add("anna");
  begin(all_[0]);
  One& other = add("anna");
  lost_ = "* welcome";
  begin(other);
  say(other, "hello");
  pass(60s);
  EXPECT_TRUE(other.partner.waiting());
  lost_.clear();
  pass(10s);
  EXPECT_FALSE(other.partner.waiting());
  EXPECT_EQ(other.shown.back(), "anna2: hello");
}

TEST_F(Partners, SayAsMuchAsTheRoomAllows) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  bob.shown.clear();
  constexpr int kLines = 70;  // 20 at once, and some each time that it says them again
  for (int i = 0; i < kLines; ++i) say(anna, std::to_string(i));
  EXPECT_EQ(anna.partner.pending().front(), "20");
  pass(60s);
  EXPECT_TRUE(anna.partner.pending().empty());
  EXPECT_EQ(anna.partner.lost(), 0u);
  std::erase_if(bob.shown, [](const std::string& text) { return text.starts_with("* "); });
  ASSERT_EQ(bob.shown.size(), static_cast<std::size_t>(kLines));
  for (int i = 0; i < kLines; ++i)
    EXPECT_EQ(bob.shown[static_cast<std::size_t>(i)], "anna: " + std::to_string(i));
}

TEST_F(Partners, SayWhatIsTooLongForARoom) {
  One& anna = add("anna");
  begin(anna);
  const ChatTurn turn = anna.partner.say(std::string(70'000, 'x'), now_);
  EXPECT_EQ(turn.notes,
            Lines{"not said: a line of 70000 bytes ('xxxxxxxxxxxxxxxxxxxx...'); a room takes 1024"});
  EXPECT_TRUE(turn.send.empty());
  EXPECT_EQ(anna.partner.lost(), 1u);
  say(anna, "and this?");
  EXPECT_EQ(anna.shown.back(), "anna: and this?");
}

// Once such a line was said again for ever.
TEST_F(Partners, GiveUpALineThatTheyNeverHearAgain) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  lost_ = "anna: hello";
  say(anna, "hello");
  say(anna, "and this?");
  EXPECT_TRUE(anna.partner.waiting());
  pass(60s);
  EXPECT_FALSE(anna.partner.waiting());
  EXPECT_EQ(anna.partner.lost(), 1u);
  EXPECT_EQ(anna.notes, Lines{"not heard again after 5 tries: 'hello'"});
  EXPECT_EQ(bob.shown.back(), "anna: and this?");
}

// Once whatever came was one: who waited for a line that was lost did so as long as others talked.
TEST_F(Partners, MakeProgressWithTheirOwnLinesOnly) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  lost_ = "anna: hello";
  const std::size_t before = anna.partner.progress();
  say(anna, "hello");
  say(bob, "whom do you mean?");
  pass(12s);  // which it asks for in between
  EXPECT_EQ(anna.partner.progress(), before);
  lost_.clear();
  pass(10s);
  EXPECT_GT(anna.partner.progress(), before);
}

TEST_F(Partners, StayWhileTheyAreSilent) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  pass(2h);  // the room has asked for proof meanwhile
  EXPECT_EQ(room_->size(), 2u);
  say(anna, "still there?");
  EXPECT_EQ(bob.shown.back(), "anna: still there?");
}

TEST_F(Partners, SayAgainWhatARoomThatForgotThemDidNotRelay) {
  One& anna = add("anna");
  begin(anna);
  lose_ = true;
  pass(10min);
  lose_ = false;
  room_->tick(now_);
  EXPECT_EQ(room_->size(), 0u);
  say(anna, "hello");
  EXPECT_EQ(std::ranges::count(anna.shown, "anna: hello"), 1);
  EXPECT_EQ(std::ranges::count(anna.shown, "* welcome, anna; here: anna"), 2);
}

// What is shorter than the explanation is answered with the code alone, which a known room may do.
TEST_F(Partners, KnowTheCodeOfARoomThatTheyWereIn) {
  One& anna = add("anna");
  begin(anna);
  room_.emplace(ChatRoomSettings(), "another secret");
  say(anna, "hello everybody");
  EXPECT_EQ(std::ranges::count(anna.shown, "anna: hello everybody"), 1);
  EXPECT_EQ(room_->size(), 1u);
}

// Once a silent one was never heard of again.
TEST_F(Partners, EnterAgainWhereTheRoomWasStartedAnew) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  room_.emplace(ChatRoomSettings(), "another secret");
  pass(31s);
  EXPECT_EQ(room_->size(), 2u);
  say(anna, "x");
  EXPECT_EQ(bob.shown.back(), "anna: x");
}

// Once the welcome was taken for the answer, and the command was lost without a word.
TEST_F(Partners, SayCommandsAgainToARoomThatWasStartedAnew) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  begin(bob);
  room_.emplace(ChatRoomSettings(), "another secret");
  say(anna, "/name eve");
  say(anna, "hello");
  EXPECT_EQ(anna.shown.back(), "eve: hello");
  EXPECT_FALSE(anna.partner.waiting());
}

TEST_F(Partners, LoseCommandsWhereTheNewRoomIsFull) {
  One &anna = add("anna"), &bob = add("bob");
  begin(anna);
  room_.emplace(ChatRoomSettings{.max_members = 1}, "another secret");
  begin(bob);
  say(anna, "/name eve");
  EXPECT_EQ(anna.shown.back(), "* the room is full");
  EXPECT_EQ(anna.partner.lost(), 1u);
}

// Once it entered and left again for ever.
TEST_F(Partners, SayNothingBehindAQuitThatWasTooEarly) {
  One& one = add("");
  lose_ = true;
  for (const char* line : {"hello, who of you is in here?", "/quit", "not this"}) say(one, line);
  EXPECT_FALSE(one.partner.has_quit());
  lose_ = false;
  take(one, one.partner.hear("to enter, send /abcdefghij", now_));
  EXPECT_TRUE(one.partner.has_quit());
  pass(10s);
  EXPECT_EQ(one.shown.back(), "guest1: hello, who of you is in here?");
  EXPECT_FALSE(one.partner.waiting());
  EXPECT_EQ(room_->size(), 1u);
  leave(one);
  EXPECT_FALSE(one.partner.has_quit());
}

TEST_F(Partners, LeaveARoomWithAWord) {
  One& anna = add("anna");
  begin(anna);
  leave(anna);
  EXPECT_EQ(room_->size(), 0u);
  pass(5min);
  EXPECT_EQ(room_->size(), 0u);
}

// ---- with people ----

constexpr Clock::time_point kNow{1000h};

TEST(Partner, SendsLinesAsTheyAre) {
  ChatPartner partner;
  EXPECT_TRUE(partner.begin(kNow).send.empty());
  EXPECT_EQ(partner.say("h\xff", kNow).send, Lines{"h\xff"});
  EXPECT_TRUE(partner.waiting());
  EXPECT_EQ(partner.hear("* welcome to my house\n", kNow).show, "* welcome to my house");
  EXPECT_FALSE(partner.waiting());
  EXPECT_TRUE(partner.next_tick().is_never());
  EXPECT_TRUE(partner.leave().send.empty());
}

TEST(Partner, TakesAPersonForOneThoughItExpectedARoom) {
  ChatPartner partner("anna");
  EXPECT_EQ(partner.begin(kNow).send.size(), 1u);
  EXPECT_TRUE(partner.say("hello", kNow).send.empty());
  const ChatTurn turn = partner.hear("who is anna?", kNow);
  EXPECT_EQ(turn.show, "who is anna?");
  EXPECT_EQ(turn.send, Lines{"hello"});
  EXPECT_TRUE(partner.next_tick().is_never());
}

TEST(Partner, WantsNoMoreLinesThanItKeepsForARoom) {
  ChatPartner person, room("anna");
  room.begin(kNow);
  std::size_t lines = 0;
  for (; room.wants_lines() && lines < 1000; ++lines) {
    person.say("to whomever it may concern", kNow);
    room.say("x", kNow);
  }
  EXPECT_EQ(lines, ChatOutbox::kMost);
  EXPECT_EQ(room.pending().size(), lines);
  EXPECT_TRUE(person.wants_lines());
  EXPECT_TRUE(person.pending().empty());
  person.say("and one more, that one too many", kNow);
  person.hear("to enter, send /abcdefghij", kNow);  // of which it knew nothing
  EXPECT_EQ(person.pending().size(), ChatOutbox::kMost);
  EXPECT_EQ(person.lost(), 1u);
}

// Once it tried to enter, and said nothing more.
TEST(Partner, TakesAWordOfAPersonForNoCode) {
  for (const char* name : {"", "anna"}) {
    ChatPartner partner(name);
    partner.begin(kNow);
    partner.say("do you?", kNow);
    const ChatTurn turn = partner.hear("/understand", kNow);
    EXPECT_EQ(turn.show, "/understand");
    EXPECT_EQ(turn.send.size(),
              *name == '\0' ? 0u : 1u);  // what was kept until somebody is known to be there
    EXPECT_TRUE(partner.next_tick().is_never());
    EXPECT_EQ(partner.say("good", kNow).send, Lines{"good"});
  }
}

TEST(Partner, HearsNoRoomWhereItHasSaidTooLittleForOne) {
  ChatPartner partner;
  const std::string asked = "to enter, send /understand";
  EXPECT_TRUE(partner.hear(asked, kNow).send.empty());  // nothing at all
  partner.say("how do I get in there?", kNow);
  const ChatTurn turn = partner.hear(asked, kNow);
  EXPECT_EQ(turn.show, asked);
  EXPECT_TRUE(turn.send.empty());
  EXPECT_EQ(partner.say("thanks", kNow).send, Lines{"thanks"});
  partner.say("and where do I have to send that?", kNow);
  partner.leave();
  EXPECT_TRUE(partner.hear(asked, kNow).send.empty());
}

// Once it kept all that was said for the day when it would be let in.
TEST(Partner, TakesWhomItDoesNotGetIntoForAPerson) {
  ChatPartner partner;
  partner.say("what do I have to do to get in there?", kNow);
  EXPECT_EQ(partner.hear("to enter, send /understand", kNow).send, Lines{"/understand"});
  EXPECT_TRUE(partner.say("like that?", kNow).send.empty());
  ChatTurn turn;
  Clock::time_point now = kNow;
  for (; !partner.next_tick().is_never() && now < kNow + 1min; now = partner.next_tick().time())
    turn = partner.tick(partner.next_tick().time());
  EXPECT_EQ(turn.send, (Lines{"what do I have to do to get in there?", "like that?"}));
  EXPECT_EQ(partner.say("hello?", kNow).send, Lines{"hello?"});
}

TEST(Partner, SaysHowToEnterWhatMayBeARoom) {
  const auto notes = [](const std::string& line, const std::string& answer) {
    ChatPartner partner;
    partner.say(line, kNow);
    const std::size_t count = partner.hear(answer, kNow).notes.size();
    EXPECT_TRUE(partner.hear(answer, kNow).notes.empty());  // once
    return count;
  };
  EXPECT_EQ(notes("hello everybody", "/abcdefghij"), 1u);
  EXPECT_EQ(notes("hi", "?"), 1u);
  EXPECT_EQ(notes("hi", "what?"), 0u);
  EXPECT_EQ(notes("something that a room would explain", "?"), 0u);
}

TEST(Partner, TakesAPersonForOneWhoSaysWhatARoomSays) {
  for (const char* answer : {"* welcome to my house", "* the room is full of people"}) {
    ChatPartner partner("anna");
    partner.begin(kNow);
    partner.say("hello", kNow);
    EXPECT_EQ(partner.hear(answer, kNow).send, Lines{"hello"});
    EXPECT_TRUE(partner.next_tick().is_never());
    EXPECT_TRUE(partner.leave().send.empty());
  }
}

TEST(Partner, TriesAFullRoomAgainWhenSomethingIsSaid) {
  ChatPartner partner("anna");
  partner.begin(kNow);
  partner.say("hello", kNow);
  partner.hear("to enter, send /abcdefghij", kNow);
  EXPECT_EQ(partner.hear("* the room is full", kNow).send, Lines{});
  EXPECT_EQ(partner.lost(), 1u);
  EXPECT_TRUE(partner.next_tick().is_never());
  EXPECT_EQ(partner.say("and now?", kNow).send.at(0).substr(0, 11), "/name anna ");
  EXPECT_EQ(partner.hear("* welcome, anna", kNow).send, Lines{"and now?"});
}

}  // namespace
}  // namespace socketserver::testing
