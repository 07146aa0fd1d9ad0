// The person at a chat server: who gets what is typed.
#include "socketserver/service/chat_desk.hpp"

#include <gtest/gtest.h>

namespace socketserver::testing {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string>;

const Address kAnna("127.0.0.1", 4001), kBob("127.0.0.1", 4002), kSix("::1", 4003);

class Desk : public ::testing::Test {
 protected:
  /// What is sent, each as "ADDRESS: TEXT".
  static Lines sent(const ChatActions& actions) {
    Lines all;
    for (const ChatDelivery& each : actions.send)
      for (const Address& to : *each.to) all.push_back(to.to_string() + ": " + each.text);
    return all;
  }
  ChatActions hear(const Address& from, std::string_view text) { return desk_.hear(from, text, {}); }
  ChatActions type(std::string_view line) { return desk_.type(line, {}); }
  ChatDesk desk_{ChatDesk::Early::kRefuse};
};

TEST_F(Desk, ShowsMessagesWithTheirSenders) {
  EXPECT_EQ(hear(kAnna, "hello\n").show, Lines{"[127.0.0.1:4001] hello"});
  EXPECT_EQ(hear(kSix, "\xff\x1b").show, Lines{"[[::1]:4003] \\xff\\x1b"});
  EXPECT_EQ(hear(Address(), "?").show.size(), 1u);
}

TEST_F(Desk, AnswersWhoSpokeLast) {
  EXPECT_TRUE(hear(kAnna, "hello").notes.empty());
  EXPECT_EQ(sent(type("hi")), Lines{"127.0.0.1:4001: hi"});
  EXPECT_EQ(hear(kBob, "hello").notes, Lines{"answers go to [127.0.0.1:4002] now"});
  EXPECT_EQ(sent(type("  h\xc3\xa4\xff ")), Lines{"127.0.0.1:4002:   h\xc3\xa4\xff "});
}

TEST_F(Desk, DoesNotSendEmptyLines) {
  hear(kAnna, "hello");
  for (const std::string line : {"", " ", "\t\r"}) EXPECT_TRUE(type(line).send.empty());
}

TEST_F(Desk, AnswersWhomThePersonChose) {
  hear(kAnna, "hello");
  hear(kBob, "hello");
  EXPECT_EQ(type("@4001").notes, Lines{"answers go to [127.0.0.1:4001] until q"});
  hear(kBob, "and me?");
  EXPECT_EQ(sent(type("anna!")), Lines{"127.0.0.1:4001: anna!"});
  EXPECT_EQ(sent(type("@4002 later")), Lines{"127.0.0.1:4002: later"});
  EXPECT_EQ(sent(type("anna?")), Lines{"127.0.0.1:4001: anna?"});
  EXPECT_EQ(sent(type("@[::1]:7 out of the blue")), Lines{"[::1]:7: out of the blue"});
  EXPECT_EQ(sent(type("@127.0.0.9:7 x")), Lines{"127.0.0.9:7: x"});
  EXPECT_EQ(sent(type("@[fe80::1%lo]:7 x")), Lines{"[fe80::1%lo]:7: x"});
  EXPECT_FALSE(type("q").end);
  hear(kBob, "now?");
  EXPECT_EQ(sent(type("yes")), Lines{"127.0.0.1:4002: yes"});
}

TEST_F(Desk, TellsWhoHasSpoken) {
  EXPECT_EQ(type("@").notes, Lines{"nobody has spoken yet"});
  hear(kAnna, "1");
  hear(kBob, "2");
  hear(kAnna, "3");
  EXPECT_EQ(type("@").notes, (Lines{"@127.0.0.1:4001", "@127.0.0.1:4002"}));
  EXPECT_EQ(type("@127").notes, Lines{"@127: more than one who has spoken"});
  // Numbers alone, for nothing is looked up.
  for (const std::string name :
       {"localhost:9", "cafe.de:9", "1.2:9", "0:9", "[1.2.3.4%lo]:9", "[::1]de]:9", "[:9"})
    EXPECT_EQ(type("@" + name + " x").notes, Lines{"@" + name + ": nobody who has spoken"});
  EXPECT_EQ(type("@\x1b x").notes, Lines{"@\\x1b: nobody who has spoken"});
}

TEST_F(Desk, EndsTheProgramWhereNoConversationIsLeft) {
  hear(kAnna, "hello");
  EXPECT_FALSE(type("q").end);
  EXPECT_EQ(type("anybody?").notes.size(), 1u);
  EXPECT_TRUE(type(" q ").end);
}

TEST_F(Desk, RemembersNoMoreThanAPersonCanTalkTo) {
  for (int port = 1; port <= 300; ++port) hear({"127.0.0.1", port}, "x");
  EXPECT_EQ(type("@").notes.size(), 100u);
}

TEST(DeskWithAPipe, KeepsLinesForTheFirstWhoSpeaks) {
  ChatDesk desk(ChatDesk::Early::kKeep);
  for (const char* line : {"one", "two", "q", "three"}) EXPECT_TRUE(desk.type(line, {}).send.empty());
  ChatActions actions = desk.hear(kAnna, "hello", {});
  ASSERT_EQ(actions.send.size(), 2u);
  EXPECT_EQ(actions.send[1].text, "two");
  EXPECT_FALSE(actions.end);
  actions = desk.hear(kBob, "hello", {});
  ASSERT_EQ(actions.send.size(), 1u);
  EXPECT_EQ(actions.send[0].text, "three");
  EXPECT_EQ(actions.send[0].to->front(), kBob);
}

TEST(DeskWithAPipe, LeavesTheRestInThePipe) {
  ChatDesk desk(ChatDesk::Early::kKeep);
  int typed = 0;
  while (desk.wants_lines()) desk.type("line " + std::to_string(++typed), {});
  EXPECT_EQ(typed, 100);
  desk.hear(kAnna, "hello", {});
  EXPECT_TRUE(desk.wants_lines());
}

}  // namespace
}  // namespace socketserver::testing
