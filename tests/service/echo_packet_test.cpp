// The echo service over datagrams: every form, in every model, over every transport.
#include <signal.h>

#include "service/service_programs.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/service/packet.hpp"
#include "support/models.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class EchoPackets : public ServicePrograms {};

TEST_P(EchoPackets, UpperAnswersEachWithOne) {
  start("echo_server", {"--udp"});
  Socket client = connect_datagram();
  EXPECT_EQ(ask_packet(client, "hello"), "HELLO");
  EXPECT_EQ(ask_packet(client, "a\0z \xc3\xa4\xff"s), "A\0Z \xc3\xa4\xff"s);
}

TEST_P(EchoPackets, AnEmptyOneGetsAnEmptyOne) {
  for (const std::string mode : {"upper", "verbatim"}) {
    start("echo_server", {"--udp", "--mode", mode});
    Socket client = connect_datagram();
    EXPECT_EQ(ask_packet(client, ""), "");
    EXPECT_EQ(ask_packet(client, "X"), "X");
    server().kill(SIGTERM);
    EXPECT_EQ(server().wait().status, 0);
  }
}

TEST_P(EchoPackets, HelloSaysHiToEverything) {
  start("echo_server", {"--udp", "--mode", "hello"});
  Socket client = connect_datagram();
  EXPECT_EQ(ask_packet(client, "hello"), "hi");
  EXPECT_EQ(ask_packet(client, ""), "hi");
}

TEST_P(EchoPackets, TheLargestComesBackWhole) {
  start("echo_server", {"--udp", "--mode", "verbatim"});
  Socket client = connect_datagram();
  std::string largest(65'507, '\0');
  for (std::size_t i = 0; i < largest.size(); ++i) largest[i] = static_cast<char>(i * 7);
  EXPECT_TRUE(ask_packet(client, largest) == largest);
}

TEST_P(EchoPackets, ClientsThatCannotBeAnsweredHurtNobody) {
  start("echo_server", {"--udp"});
  {
    Socket nameless = Socket::udp();  // over Unix without a name; over UDP its port is closed soon
    for (int i = 0; i < 20; ++i) nameless.sendto("anybody there?", address());
  }
  Socket client = connect_datagram();
  // Over UDP it may have got the port of the nameless one, and the answers to that.
  EXPECT_TRUE(eventually([&] { return ask_packet(client, "hello") == "HELLO"; }));
  server().kill(SIGTERM);
  const Outcome outcome = server().wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

// Over a Unix socket the server once waited for ever for room at a client that never read, and could not even
// be stopped.
TEST_P(EchoPackets, AClientThatNeverReadsDoesNotStopTheServer) {
  start("echo_server", {"--udp"});
  Socket greedy = connect_datagram();
  for (int i = 0; i < 300; ++i) {
    try {
      greedy.send(std::string(1000, 'x'));
    } catch (const OSError&) {
      ADD_FAILURE() << "the server took no more after " << i;
      break;
    }
  }
  greedy.close();
  Socket client = connect_datagram();
  // The greedy one's answers may still be in the way of ours: an answer of a datagram can be lost.
  client.settimeout(100ms);
  EXPECT_TRUE(eventually([&] {
    try {
      return ask_packet(client, "hello") == "HELLO";
    } catch (const TimeoutError&) {
      return false;
    }
  }));
  server().kill(SIGTERM);
  EXPECT_EQ(server().wait().status, 0);
}

INSTANTIATE_TEST_SUITE_P(AllModels, EchoPackets,
                         ::testing::ValuesIn(cases(kAllModels, {"ipv4"}, {"ipv6", "unix"})), name_of_case);

// The server asked again and again, at full speed, whether such a client had room.
TEST(EchoPacketHandler, LosesAtOnceWhatAClientHasNoRoomFor) {
  const TemporaryDirectory directory;
  Serving<UnixDatagramServer> serving(Address(directory / "server"), echo_packet_handler("verbatim"));
  serving.server().drain_timeout = 24h;
  serving.start();
  Socket deaf(AF_UNIX, SOCK_DGRAM), client(AF_UNIX, SOCK_DGRAM);
  deaf.bind(Address(directory / "deaf"));
  for (int i = 0; i < 30; ++i) deaf.sendto("x", serving.address());
  client.bind(Address(directory / "client"));
  client.connect(serving.address());
  client.settimeout(kWatchdog);
  EXPECT_EQ(ask_packet(client, "hello"), "hello");
}

TEST(AskPacket, SaysWhoGaveNoAnswer) {
  Socket mute = Socket::udp();
  mute.bind({"127.0.0.1", 0});
  Socket client = Socket::udp();
  client.connect(mute.getsockname());
  client.settimeout(20ms);
  try {
    ask_packet(client, "hello");
    FAIL() << "there was an answer";
  } catch (const TimeoutError& error) {
    EXPECT_EQ(error.what(), "no answer from " + mute.getsockname().to_string() + ": Connection timed out");
  }
}

TEST(AskPacket, NoticesThatNobodyIsThere) {
  Socket gone = Socket::udp();
  gone.bind({"127.0.0.1", 0});
  Socket client = Socket::udp();
  client.connect(gone.getsockname());
  client.settimeout(kWatchdog);
  gone.close();
  EXPECT_THROW(ask_packet(client, "hello"), ConnectionRefusedError);
}

}  // namespace
}  // namespace socketserver::testing
