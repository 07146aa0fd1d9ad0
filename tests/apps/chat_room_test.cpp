// A room: our clients, Python and nc in it, in both models that have one; and two hundred who miss nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <thread>

#include "socketserver/net/error.hpp"
#include "socketserver/net/socket.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

class ChatRooms : public ::testing::Test {
 protected:
  void start(const Argv& options = {}, const Argv& where = {"--port", "0"}) {
    Argv argv{our_program("chat_server"), "--room"};
    argv.insert(argv.end(), where.begin(), where.end());
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Program>(argv);
    address_ = server_->wait_until_listening();
  }
  Argv client(const std::string& name) const {
    Argv argv{our_program("chat_client"), "--name", name};
    for (const std::string& option : options_for(address_)) argv.push_back(option);
    return argv;
  }
  std::string here() const { return "[" + address_.to_string() + "] "; }
  /// As a program written by hand would do it.
  Socket enter(const std::string& name) {
    Socket member = Socket::udp();
    member.settimeout(kWatchdog);
    member.connect(address_);
    constexpr int kRoomForAllThatIsSaid = 1 << 20;
    member.setsockopt(SOL_SOCKET, SO_RCVBUF, kRoomForAllThatIsSaid);
    member.send("I would like to come in, please");
    const std::string asked = member.recv(100);
    member.send(asked.substr(asked.rfind('/')) + " " + name);
    EXPECT_TRUE(hear(member).starts_with("* welcome, " + name + "; here: "));
    return member;
  }
  static std::string hear(Socket& member) { return member.recv(5000); }
  /// The next thing that somebody said; what the room tells of those who come and go is left out.
  static std::string hear_somebody(Socket& member) {
    std::string text;
    do text = hear(member);
    while (text.starts_with("* "));
    return text;
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

// ---- in every model ----

class ChatRoomsOfModels : public ChatRooms, public ::testing::WithParamInterface<std::string> {};

TEST_P(ChatRoomsOfModels, RelayAmongOurClients) {
  start({"--model", GetParam()});
  Program anna(client("anna"));
  anna.wait_for_output("* welcome, anna; here: anna\n");
  Program bob(client("bob"));
  bob.wait_for_output("* welcome, bob; here: ");
  bob.write("hello, anna\n\nand \xff\x1b\n");
  anna.wait_for_output(here() + "bob: hello, anna\n");
  anna.wait_for_output(here() + "bob: and \\xff\\x1b\n");
  anna.write("hello, bob\nq\n");
  bob.wait_for_output(here() + "anna: hello, bob\n");
  EXPECT_EQ(anna.wait().status, 0);
  server_->write("good night\n");
  bob.wait_for_output("server: good night\n");
  server_->wait_for_output("] bob: hello, anna\n");
  server_->kill(SIGTERM);
  EXPECT_EQ(server_->wait().status, 0);
}

TEST_P(ChatRoomsOfModels, KeepOneOrderForAll) {
  start({"--model", GetParam(), "--rate", "1000"});
  std::deque<Socket> members;
  for (int i = 0; i < 3; ++i) members.push_back(enter("m" + std::to_string(i)));
  constexpr int kEach = 20;
  for (int i = 0; i < kEach; ++i)
    for (Socket& member : members) member.send("line " + std::to_string(i));
  std::vector<Argv> heard(members.size());
  for (std::size_t who = 0; who < members.size(); ++who)
    for (std::size_t i = 0; i < members.size() * kEach; ++i)
      heard[who].push_back(hear_somebody(members[who]));
  EXPECT_EQ(heard[1], heard[0]);
  EXPECT_EQ(heard[2], heard[0]);
}

// Once only where luck would have it, in models of several threads.
TEST_P(ChatRoomsOfModels, KeepTheOrderOfEachMember) {
  start({"--model", GetParam(), "--rate", "1000"});
  Socket anna = enter("anna"), bob = enter("bob");
  constexpr int kLines = 200;
  for (int i = 0; i < kLines; ++i) anna.send("line " + std::to_string(i));
  for (int i = 0; i < kLines; ++i) ASSERT_EQ(hear_somebody(bob), "anna: line " + std::to_string(i));
}

INSTANTIATE_TEST_SUITE_P(OfOneThread, ChatRoomsOfModels, ::testing::Values("iterative", "fiber"),
                         [](const auto& one) { return name_of(one.param); });

TEST_F(ChatRooms, AreNotSharedByThreadsOrProcesses) {
  for (const Argv& many : {Argv{"--model", "threading"}, Argv{"--model", "thread-pool"},
                           Argv{"--model", "prethreading"}, Argv{"--model", "forking"},
                           Argv{"--model", "preforking"}, Argv{"--workers", "2", "--model", "fiber"}}) {
    Argv argv{our_program("chat_server"), "--room"};
    argv.insert(argv.end(), many.begin(), many.end());
    const Outcome outcome = run(argv);
    const std::string what = "chat_server: " + many[0] + " " + many[1] + ": all of a chat is in one thread, ";
    EXPECT_TRUE(outcome.err.starts_with(what)) << outcome.err;
    EXPECT_EQ(outcome.status, 2);
  }
}

TEST_F(ChatRooms, AreOverUnixDatagramsAndIPv6) {
  for (const Argv& where : {Argv{"--unix", directory_ / "socket"}, Argv{"--host", "::1", "--port", "0"}}) {
    start({}, where);
    EXPECT_EQ(run(client("anna"), "hello\n").out, here() + "* welcome, anna; here: anna\n" + here() +
                                                      "* anna joined\n" + here() + "anna: hello\n");
  }
}

// ---- clients ----

TEST_F(ChatRooms, TellWhoComesAndGoes) {
  start();
  Socket bob = enter("bob");
  Program anna(client("anna"));
  const auto wait_for = [&](const std::string& announcement) {
    while (hear(bob) != announcement) {
    }
  };
  wait_for("* anna joined");
  anna.write("q\n");
  EXPECT_EQ(anna.wait().status, 0);
  wait_for("* anna left");
}

TEST_F(ChatRooms, LetPipedClientsSayAllTheyHave) {
  start();
  Socket bob = enter("bob");
  const Outcome outcome = run(client("anna"), "one\ntwo\nq\n");
  EXPECT_TRUE(outcome.out.ends_with(here() + "anna: one\n" + here() + "anna: two\n")) << outcome.out;
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(hear_somebody(bob), "anna: one");
  EXPECT_EQ(hear_somebody(bob), "anna: two");
}

// Its short first line was answered by a hint, which was taken for a person's answer.
TEST_F(ChatRooms, AreFoundOutBehindAShortLine) {
  start();
  Argv nameless = client("anna");
  nameless.erase(nameless.begin() + 1, nameless.begin() + 3);
  const Outcome outcome = run(nameless, "hello\nyou are all the best there are\n");
  EXPECT_TRUE(
      outcome.out.ends_with(here() + "guest1: hello\n" + here() + "guest1: you are all the best there are\n"))
      << outcome.out;
  EXPECT_EQ(outcome.status, 0);
}

// Once what was too fast was lost, and nobody said so.
TEST_F(ChatRooms, LetPipedClientsSayMoreThanTheRateAtOnce) {
  start({"--rate", "100"});
  Socket bob = enter("bob");
  constexpr int kLines = 240;  // 200 at once
  std::string lines;
  for (int i = 0; i < kLines; ++i) lines += "line " + std::to_string(i) + "\n";
  const Outcome outcome = run(client("anna"), lines);
  EXPECT_EQ(outcome.out.find("too fast"), outcome.out.npos) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  for (int i = 0; i < kLines; ++i) ASSERT_EQ(hear_somebody(bob), "anna: line " + std::to_string(i));
}

TEST_F(ChatRooms, AreToldWhatIsTooLong) {
  start();
  const Outcome outcome = run(client("anna"), "one\n" + std::string(70'000, 'x') + "\ntwo\n");
  EXPECT_TRUE(outcome.out.ends_with(here() + "anna: one\n" + here() + "anna: two\n")) << outcome.out;
  EXPECT_EQ(outcome.err,
            "not said: a line of 70000 bytes ('xxxxxxxxxxxxxxxxxxxx...'); a room takes 1024\n"
            "chat_client: 1 line was not delivered to " +
                address_.to_string() + "\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ChatRooms, AreMissedWithAllThatWasSaidToThem) {
  start();
  Program anna(client("anna"));
  anna.write("one\n");
  anna.wait_for_output("anna: one\n");
  server_->kill(SIGKILL);
  server_->wait();
  anna.write("two\nthree\n");
  const Outcome outcome = anna.wait();
  EXPECT_EQ(outcome.err, "chat_client: 2 lines were not delivered to " + address_.to_string() +
                             ", from 'two' on: Connection refused\n");
  EXPECT_EQ(outcome.status, 1);
}

// Whatever a room does not take must not fill the memory.
TEST_F(ChatRooms, LeaveWhatTheyDoNotTakeInThePipe) {
  start();
  Program anna(client("anna"));
  anna.wait_for_output("* welcome");
  server_->kill(SIGKILL);
  server_->wait();
  std::string lines;
  for (int i = 0; i < 150; ++i) lines += "x\n";
  anna.write(lines);
  const Outcome outcome = anna.wait();
  EXPECT_EQ(outcome.err, "chat_client: more than 100 lines were not delivered to " + address_.to_string() +
                             ", from 'x' on: Connection refused\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ChatRooms, AreNotWaitedForLongerThanSaid) {
  start();
  server_->kill(SIGSTOP);
  Argv argv = client("anna");
  argv.insert(argv.end(), {"--timeout", "0.05"});
  const Outcome outcome = run(argv, "x\n");
  EXPECT_EQ(outcome.err, "chat_client: no answer from " + address_.to_string() + "\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ChatRooms, AreLeftByTheWordForIt) {
  start();
  Socket bob = enter("bob");
  const Outcome outcome = run(client("anna"), "one\n/quit\nnot this\n");
  EXPECT_TRUE(outcome.out.ends_with("anna: one\n")) << outcome.out;
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(hear_somebody(bob), "anna: one");
  server_->wait_for_output("] anna left\n");
}

TEST_F(ChatRooms, AreLeftByTheWordThatWasSaidTooEarly) {
  start();
  Argv argv = client("");
  std::erase(argv, "--name");
  std::erase(argv, "");
  const Outcome outcome = run(argv, "hello, I would like to come in\n/quit\nnot this\n");
  EXPECT_TRUE(outcome.out.ends_with("guest1: hello, I would like to come in\n")) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  server_->wait_for_output("] guest1 left\n");
}

// Once whatever came renewed the patience, and it waited as long as others talked.
TEST_F(ChatRooms, AreNotWaitedForBecauseOthersTalk) {
  Socket room = Socket::udp();
  room.bind({"127.0.0.1", 0});
  room.settimeout(kWatchdog);
  address_ = room.getsockname();
  Argv argv = client("anna");
  argv.insert(argv.end(), {"--timeout", "0.5"});
  Program anna(argv);
  const auto [asked, address] = room.recvfrom(100);
  room.connect(address);
  room.send("to enter, send /abcdefghij");
  room.send("* welcome, anna");
  anna.write("hello\n");
  anna.close_input();
  const Deadline end = Deadline::after(kWatchdog);
  const auto talk = [&] {
    for (; !end.expired(); std::this_thread::sleep_for(std::chrono::milliseconds(20))) room.send("bob: x");
  };
  EXPECT_THROW(talk(), ConnectionRefusedError);  // there is nobody any more
  const Outcome outcome = anna.wait();
  EXPECT_EQ(outcome.err,
            "chat_client: 1 line was not delivered to " + address_.to_string() + ", from 'hello' on\n");
  EXPECT_EQ(outcome.status, 1);
}

// Once nothing was read any more, and "q" did not end it.
TEST_F(ChatRooms, AreLeftAtATerminalWhenTheyTakeNoMore) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  start();
  server_->kill(SIGSTOP);
  std::string lines;
  for (int i = 0; i < 102; ++i) lines += "x\n";
  Argv argv{*python, SOCKETSERVER_TEST_DIR "/apps/at_terminal.py", lines + "q"};
  for (const std::string& word : client("anna")) argv.push_back(word);
  const Outcome outcome = run(argv);
  EXPECT_NE(outcome.out.find("not said: 'x'; 100 lines wait for the room\r\n"), std::string::npos);
  EXPECT_TRUE(outcome.out.ends_with("chat_client: 102 lines were not delivered to " + address_.to_string() +
                                    ", from 'x' on\r\n"))
      << outcome.out << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(ChatRooms, HaveLimits) {
  start({"--max-members", "2", "--rate", "1", "--member-timeout", "60"});
  Socket anna = enter("anna"), bob = enter("bob");
  const Outcome third = run(client("carl"), "hello\n");
  EXPECT_TRUE(third.out.starts_with(here() + "* the room is full\n")) << third.out;
  EXPECT_EQ(third.out.find("hello"), third.out.npos) << third.out;
  EXPECT_EQ(third.err, "chat_client: 1 line was not delivered to " + address_.to_string() + "\n");
  EXPECT_EQ(third.status, 1);
  for (int i = 0; i < 20; ++i) anna.send("x");
  std::string text;
  while ((text = hear(anna)) != "* too fast: what you say is not relayed") EXPECT_FALSE(text.empty());
}

TEST_F(ChatRooms, ForgetWhoSaysNothing) {
  start({"--member-timeout", "0.2"});
  Program anna(client("anna"));  // whose signs of life are too seldom for this
  anna.wait_for_output("* welcome");
  server_->wait_for_output("] anna was not heard from\n");
  anna.write("am I still here?\n");
  anna.wait_for_output("anna: am I still here?\n");
}

TEST_F(ChatRooms, AreOpenToPythonAndToPeopleWithNc) {
  const auto python = find_program("python3");
  const auto nc = find_program("nc");
  if (!python || !nc) GTEST_SKIP() << "python3 or nc is not installed";
  start();
  Program bob(client("bob"));
  bob.wait_for_output("* welcome");
  const std::string port = std::to_string(address_.port());
  const Outcome member = run({*python, test_script("service/chat_peer.py"), "member", port, "anna", "hello"});
  EXPECT_EQ(member.status, 0) << member.err;
  bob.wait_for_output("anna: hello\n");

  Program by_hand({*nc, "-u", "127.0.0.1", port});
  by_hand.write("my name is carl and I type\n");
  const std::string asked = by_hand.wait_for_output("to enter, send /");
  by_hand.wait_for_output("\n");
  const std::string all = by_hand.wait_for_output("/");
  by_hand.write(all.substr(all.find('/'), 11) + " carl\n");
  by_hand.wait_for_output("* welcome, carl; here: ");
  by_hand.write("hello\n");
  by_hand.wait_for_output("carl: hello\n");
  bob.wait_for_output("carl: hello\n");
  bob.write("hello, carl\n");
  by_hand.wait_for_output("bob: hello, carl\n");
}

// ---- many ----

// Faster than anybody asks for: all that a pause would let the server get through comes at once.
class ChatRoomsTiming : public ChatRooms {};

TEST_F(ChatRoomsTiming, LoseNothingAmongTwoHundred) {
  constexpr std::size_t kMembers = 200, kLines = 100;
  start({"--max-members-per-source", "0"});
  std::deque<Socket> members;
  while (members.size() < kMembers) members.push_back(enter("m" + std::to_string(members.size())));
  const auto began = Clock::now();
  for (std::size_t i = 0; i < kLines; ++i) members[i].send("line " + std::to_string(i));
  for (Socket& member : members)
    for (std::size_t i = 0; i < kLines; ++i)
      ASSERT_EQ(hear_somebody(member), "m" + std::to_string(i) + ": line " + std::to_string(i));
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  EXPECT_GE(static_cast<double>(kMembers * kLines) / took, 2'000.0) << "deliveries a second";
}

}  // namespace
}  // namespace socketserver::testing
