// Lines on their way to a room: in order, none lost, and none said twice but where our copy is missing.
#include "socketserver/service/chat_outbox.hpp"

#include <gtest/gtest.h>

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using Heard = ChatOutbox::Heard;

class Outbox : public ::testing::Test {
 protected:
  Outbox() { outbox_.enter("* welcome, anna; here: anna, bob"); }
  Heard hear(const std::string& text) { return outbox_.hear(text, now_); }
  std::string due() { return outbox_.due(now_).value_or("nothing"); }
  ChatOutbox outbox_;
  Clock::time_point now_{1000h};
};

TEST_F(Outbox, SaysALineWhenTheOneBeforeWasRelayed) {
  EXPECT_EQ(due(), "nothing");
  outbox_.add("one");
  outbox_.add("two");
  EXPECT_EQ(due(), "one");
  EXPECT_EQ(due(), "nothing");
  EXPECT_EQ(hear("bob: one"), Heard::kOther);
  EXPECT_EQ(hear("anna: on"), Heard::kOther);
  EXPECT_EQ(due(), "nothing");
  EXPECT_EQ(hear("anna: one"), Heard::kAnswer);
  EXPECT_EQ(due(), "two");
  EXPECT_EQ(hear("anna: two"), Heard::kAnswer);
  EXPECT_TRUE(outbox_.lines().empty());
  EXPECT_TRUE(outbox_.next_due().is_never());
}

TEST_F(Outbox, KnowsItsLinesAsTheRoomRelaysThem) {
  outbox_.add("//slash \xff");
  EXPECT_EQ(due(), "//slash \xff");
  EXPECT_EQ(hear("anna: /slash \\xff"), Heard::kAnswer);
}

TEST_F(Outbox, SaysAgainWhatWasTooFast) {
  EXPECT_EQ(hear("* too fast: what you say is not relayed"), Heard::kOther);
  outbox_.add("one");
  due();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(hear("* too fast: what you say is not relayed"), Heard::kUnseen);
    EXPECT_EQ(due(), "nothing");
    now_ += ChatOutbox::kTooFast;
    EXPECT_EQ(outbox_.next_due().time(), now_);
    EXPECT_EQ(due(), "one");
  }
  EXPECT_EQ(hear("anna: one"), Heard::kAnswer);
}

TEST_F(Outbox, SaysAgainWhatIsLost) {
  outbox_.add("one");
  due();
  now_ += ChatOutbox::kAgain - 1ms;
  EXPECT_EQ(due(), "nothing");
  now_ += 1ms;
  EXPECT_EQ(due(), "/who");
  EXPECT_EQ(hear("* here: anna, bob"), Heard::kUnseen);
  EXPECT_EQ(due(), "one");
  EXPECT_EQ(hear("anna: one"), Heard::kAnswer);
}

// As it would be where it were said each time that a room is stopped for so long.
TEST_F(Outbox, SaysNothingTwiceToASlowRoom) {
  outbox_.add("one");
  outbox_.add("two");
  due();
  for (int i = 0; i < 3; ++i) {
    now_ += ChatOutbox::kAgain;
    EXPECT_EQ(due(), "/who");
  }
  EXPECT_EQ(hear("anna: one"), Heard::kAnswer);
  EXPECT_EQ(due(), "two");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hear("* here: anna, bob"), Heard::kUnseen);
  EXPECT_EQ(due(), "nothing");
  EXPECT_EQ(hear("anna: two"), Heard::kAnswer);
  EXPECT_EQ(hear("* here: anna, bob"), Heard::kOther);
}

TEST_F(Outbox, AsksAgainWhereTheQuestionWasTooFast) {
  outbox_.add("one");
  due();
  now_ += ChatOutbox::kAgain;
  EXPECT_EQ(due(), "/who");
  EXPECT_EQ(hear("* too fast: what you say is not relayed"), Heard::kUnseen);
  now_ += ChatOutbox::kTooFast;
  EXPECT_EQ(due(), "/who");
  EXPECT_EQ(hear("* here: anna"), Heard::kUnseen);
  EXPECT_EQ(due(), "one");
}

TEST_F(Outbox, RepeatsACommandThatIsNotAnswered) {
  outbox_.add("/name eve");
  due();
  now_ += ChatOutbox::kAgain;
  EXPECT_EQ(due(), "/name eve");
  EXPECT_EQ(hear("* that is your name"), Heard::kAnswer);
  outbox_.add("hello");
  due();
  EXPECT_EQ(hear("anna: hello"), Heard::kOther);
  EXPECT_EQ(hear("eve: hello"), Heard::kAnswer);
}

// Once the room heard it for ever where it had another name for us.
TEST_F(Outbox, GivesUpWhatIsLostTooOften) {
  outbox_.add("one");
  outbox_.add("two");
  for (std::size_t tries = 1; tries <= ChatOutbox::kMostTries; ++tries) {
    EXPECT_EQ(due(), "one");
    EXPECT_EQ(hear("eve: one"), Heard::kOther);
    now_ += ChatOutbox::kAgain;
    EXPECT_EQ(due(), "/who");
    EXPECT_EQ(hear("* here: eve, bob"), tries < ChatOutbox::kMostTries ? Heard::kUnseen : Heard::kGivenUp);
  }
  EXPECT_EQ(due(), "two");
  now_ += ChatOutbox::kAgain;
  EXPECT_EQ(due(), "/who");
  EXPECT_EQ(hear("* here: eve, bob"), Heard::kUnseen);  // which has all its tries
  EXPECT_EQ(due(), "two");
}

TEST_F(Outbox, SaysAgainWhereTheRoomHasForgottenIt) {
  outbox_.add("one");
  due();
  outbox_.enter("* welcome, anna2");
  EXPECT_EQ(due(), "one");
  EXPECT_EQ(hear("anna: one"), Heard::kOther);
  EXPECT_EQ(hear("anna2: one"), Heard::kAnswer);
}

TEST_F(Outbox, KnowsAnswersToCommands) {
  const auto answered = [this](const std::string& command, const std::string& by) {
    outbox_.add(command);
    EXPECT_EQ(due(), command);
    for (const char* other : {"bob: hello", "* carl joined", "* carl left", "* carl is now dora"})
      EXPECT_EQ(hear(other), Heard::kOther);
    return hear(by) == Heard::kAnswer;
  };
  EXPECT_TRUE(answered("/who", "* here: anna, joined"));
  EXPECT_TRUE(answered("/nam", "* there are /name NAME, /who, /quit, and //TEXT for a line with a slash"));
  EXPECT_TRUE(answered("/name *", "* that cannot be a name"));
  EXPECT_TRUE(answered("/name eve", "* anna is now eve"));
  outbox_.add("hello");
  due();
  EXPECT_EQ(hear("anna: hello"), Heard::kOther);
  EXPECT_EQ(hear("eve: hello"), Heard::kAnswer);
}

TEST_F(Outbox, EndsBeforeAWord) {
  for (const char* line : {"one", "/quit it", " /quit ", "two", "/quit"}) outbox_.add(line);
  EXPECT_TRUE(outbox_.cut_at("/quit"));
  EXPECT_EQ(outbox_.lines(), (std::deque<std::string>{"one", "/quit it"}));
  EXPECT_FALSE(outbox_.cut_at("/quit"));
  EXPECT_TRUE(outbox_.cut_at("one"));
  EXPECT_TRUE(outbox_.lines().empty());
}

TEST_F(Outbox, KnowsWhatTheRoomTakesForTooLong) {
  outbox_.add("one");
  due();
  EXPECT_EQ(hear("* longer than 2 bytes, and not relayed"), Heard::kTooLong);
  EXPECT_TRUE(outbox_.lines().empty());
}

TEST(OutboxOfANamelessRoom, TakesAnybodysLineForItsOwn) {
  ChatOutbox outbox;
  outbox.enter("* welcome");
  outbox.add("one");
  const Clock::time_point now{1000h};
  outbox.due(now);
  EXPECT_EQ(outbox.hear("somebody: one", now), Heard::kAnswer);
}

}  // namespace
}  // namespace socketserver::testing
