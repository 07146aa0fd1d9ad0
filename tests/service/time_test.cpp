// The time service: formats, and both transports in every model.
#include "socketserver/service/time.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <regex>

#include "service/service_programs.hpp"
#include "socketserver/socketserver.hpp"
#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

// ---- formats ----

/// A moment whose parts all differ, in a zone that no machine has by itself.
class TimeFormats : public ::testing::Test {
 protected:
  TimeFormats() {
    ::setenv("TZ", "ABC-5:30", 1);
    ::tzset();
  }
  static std::string answer(std::string_view format) {
    constexpr std::time_t kMoment = 1'000'000'000;  // 2001-09-09 01:46:40 UTC, a Sunday
    return time_answer(format, kMoment);
  }
};

TEST_F(TimeFormats, AnEmptyOneMeansDateAndTime) { EXPECT_EQ(answer(""), "2001-09-09 07:16:40"); }

TEST_F(TimeFormats, ConversionsAreThoseOfStrftime) {
  EXPECT_EQ(answer("%Y-%m-%d %H:%M:%S %j %U %w %a %A %b %B %p %I"),
            "2001-09-09 07:16:40 252 36 0 Sun Sunday Sep September AM 07");
  EXPECT_EQ(answer("%F %T %D %R %y %C %G-%V %u %e %h %Z %z"),
            "2001-09-09 07:16:40 09/09/01 07:16 01 20 2001-36 7  9 Sep ABC +0530");
  EXPECT_EQ(answer("100 %% %Ey %Od%n%t|"), "100 % 01 09\n\t|");
}

TEST_F(TimeFormats, TextComesBackAsItIs) {
  EXPECT_EQ(answer("noon"), "noon");
  EXPECT_EQ(answer("计算机 %H Uhr, ä"), "计算机 07 Uhr, ä");
}

TEST_F(TimeFormats, OneFlagIsTaken) { EXPECT_EQ(answer("%-d.%-m. %_H %^a"), "9.9.  7 SUN"); }

TEST_F(TimeFormats, WhatIsNoConversionStaysAsItIs) {
  for (const std::string format :
       {"%", "100%", "%Q", "%é", "%E", "%O", "%Ed", "%Oc", "%-", "%--d", "%5d", "% d", "%!"})
    EXPECT_EQ(answer(format), format);
}

// strftime of glibc writes so many zeros, and counts to them one by one.
TEST_F(TimeFormats, WidthsAreNotCountedTo) {
  for (const std::string format : {"%999999999d", "%2147483647Y", "%99999999999999999999c", "%-999999999d"})
    EXPECT_EQ(answer(format), format);
}

TEST_F(TimeFormats, BytesThatAreNotTextHaveADefinedAnswer) {
  for (const std::string format : {"\xff", "%H\xc3", "\xed\xa0\x80", "\xc0\xaf", "%\xff"})
    EXPECT_EQ(answer(format), "error: the format is not UTF-8");
  EXPECT_EQ(answer("%H\0%M"s), "error: the format holds a NUL byte");
}

TEST_F(TimeFormats, AnswersNeverExceedADatagram) {
  EXPECT_EQ(answer(std::string(65'507, 'x')), std::string(65'507, 'x'));
  EXPECT_EQ(answer(std::string(65'508, 'x')), "error: the answer would be too long");
  std::string many;
  while (many.size() < 65'000) many += "%c";
  EXPECT_EQ(answer(many), "error: the answer would be too long");
}

// What somebody with a false address can make the server send to another is bounded.
TEST_F(TimeFormats, AnswersAreAtMostTwelveTimesTheirFormat) {
  for (const char flag : "-_0^# "s)
    for (const char modifier : "EO "s)
      for (int letter = 0x21; letter < 0x7F; ++letter) {
        std::string format = "%";
        if (flag != ' ') format += flag;
        if (modifier != ' ') format += modifier;
        format += static_cast<char>(letter);
        EXPECT_LE(answer(format).size(), 12 * format.size()) << format;
      }
}

// ---- servers ----

/// Parameters: the model, and "udp", "tcp", "unix" (datagrams) or "unixtcp" (connections).
class Time : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  Time() : server_(argv(directory_ / "socket"), {"TZ=ABC-5:30"}), address_(server_.wait_until_listening()) {}

  static bool datagrams() { return std::get<1>(GetParam()) == "udp" || std::get<1>(GetParam()) == "unix"; }
  static std::vector<std::string> argv(const std::string& path) {
    const auto& [model, transport] = GetParam();
    std::vector<std::string> all{our_program("time_server"), "--model", model};
    if (!datagrams()) all.push_back("--tcp");
    if (transport.starts_with("unix"))
      all.insert(all.end(), {"--unix", path});
    else
      all.insert(all.end(), {"--port", "0"});
    return all;
  }
  Socket connect() {
    Socket socket = datagrams() ? Socket::udp() : Socket::tcp();
    socket.settimeout(kWatchdog);
    if (datagrams() && address_.family() == AF_UNIX) socket.bind(directory_ / "client");
    socket.connect(address_);
    return socket;
  }
  Program& server() { return server_; }

 private:
  TemporaryDirectory directory_;
  Program server_;
  Address address_;
};

TEST_P(Time, TellsTheLocalTimeNow) {
  TimeClient client(connect());
  const std::time_t before = std::time(nullptr);
  const std::time_t told = [&] {
    std::tm local{};
    ::strptime(client.ask("%Y-%m-%d %H:%M:%S").c_str(), "%Y-%m-%d %H:%M:%S", &local);
    return ::timegm(&local) - (5 * 60 + 30) * 60;
  }();
  EXPECT_GE(told, before);
  EXPECT_LE(told, std::time(nullptr));
}

TEST_P(Time, AnswersOneFormatAfterTheOther) {
  TimeClient client(connect());
  EXPECT_TRUE(std::regex_match(client.ask(""), std::regex(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")));
  EXPECT_EQ(client.ask("%Z"), "ABC");
  EXPECT_EQ(client.ask("%"), "%");
  EXPECT_EQ(client.ask("\xff"), "error: the format is not UTF-8");
  EXPECT_EQ(client.ask("计算机 %%"), "计算机 %");
  EXPECT_EQ(client.ask(std::string(65'507, 'x')), std::string(65'507, 'x'));
}

TEST_P(Time, SurvivesEveryBadFormat) {
  TimeClient client(connect());
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\n' || byte == '\r') continue;
    client.ask(std::string("%") + static_cast<char>(byte));
    client.ask(std::string(1, static_cast<char>(byte)));
  }
  EXPECT_EQ(client.ask("%Z"), "ABC");
}

INSTANTIATE_TEST_SUITE_P(AllModels, Time,
                         ::testing::ValuesIn(cases(kAllModels, {"udp", "tcp"}, {"unix", "unixtcp"})),
                         name_of_case);

// ---- lines over a connection ----

class TimeLines : public ::testing::Test {
 protected:
  TimeLines() {
    serving_.start();
    client_ = serving_.connect();
  }
  std::string ask(const std::string& bytes) {
    client_.sendall(bytes);
    client_.shutdown(SHUT_WR);
    return read_all(client_);
  }
  Serving<ThreadingTCPServer> serving_{Address("127.0.0.1", 0), handler<TimeLineHandler>()};
  Socket client_;
};

TEST_F(TimeLines, EndWithOrWithoutACarriageReturnAndTheLastOneWithNothing) {
  EXPECT_EQ(ask("a\r\nb\nc"), "a\nb\nc\n");
}

TEST_F(TimeLines, AnAnswerIsOneLine) { EXPECT_EQ(ask("a%nb%%\n"), "a b%\n"); }

// Once the connection was closed with the rest unread, which resets it: the answer was lost now and then.
TEST_F(TimeLines, ALineWithoutEndGetsAnErrorAndTheConnectionEnds) {
  EXPECT_EQ(ask(std::string(4'000'000, 'x') + "\nnext\n"), "error: the format is too long\n");
}

TEST_F(TimeLines, AFormatOfSeveralLinesIsNotSent) {
  TimeClient client(serving_.connect());
  EXPECT_THROW(client.ask("a\nb"), std::invalid_argument);
}

TEST(TimePackets, OneThatWasCutIsAnError) {
  Serving<UDPServer> serving(Address("127.0.0.1", 0), handler<TimePacketHandler>());
  serving.server().max_packet_size = 100;
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.sendto(std::string(101, 'x'), serving.address());
  EXPECT_EQ(client.recvfrom(1000).first, "error: the format is too long");
}

}  // namespace
}  // namespace socketserver::testing
