// The echo service over connections: every form, in every model, over every transport.
#include "socketserver/service/echo.hpp"

#include <signal.h>
#include <sys/socket.h>

#include "service/service_programs.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Every value a byte can have, over and over.
std::string all_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
  return bytes;
}

// Sends until nobody takes more, and never reads.
void fill(Socket& socket) {
  socket.settimeout(200ms);
  EXPECT_THROW(for (;;) socket.sendall(std::string(1 << 16, 'x')), TimeoutError);
}

class Echo : public ServicePrograms {};
class EchoSideBySide : public ServicePrograms {};  // the models that serve several clients at once

TEST_P(Echo, UpperAnswersEveryMessageUntilTheClientEnds) {
  start("echo_server", {});
  Socket client = connect();
  EXPECT_EQ(echo(client, "hello"), "HELLO");
  EXPECT_EQ(echo(client, "a\0z {~ \xc3\xa4\xff\r\n"s), "A\0Z {~ \xc3\xa4\xff\r\n"s);
  const std::string large(100'000, 'q');
  EXPECT_EQ(echo(client, large), std::string(large.size(), 'Q'));
  client.shutdown(SHUT_WR);
  EXPECT_EQ(client.recv(1), "");
}

TEST_P(Echo, OnceAnswersOneMessageWithoutItsWhiteSpaceAndEnds) {
  start("echo_server", {"--mode", "once"});
  Socket client = connect();
  client.sendall(" \t hello you\v\f\r\n");
  EXPECT_EQ(read_all(client), "HELLO YOU");
}

TEST_P(Echo, OnceAnswersNothingToWhiteSpaceAndToNothing) {
  start("echo_server", {"--mode", "once"});
  Socket spaces = connect();
  EXPECT_EQ(echo_once(spaces, " \r\n"), "");
  Socket nothing = connect();
  EXPECT_EQ(echo_once(nothing, ""), "");
}

// A server that closes with something unread resets the connection, and the answer is lost on the way.
TEST_P(Echo, OneShotAnswersArriveAlthoughTheMessageWasLonger) {
  start("echo_server", {"--mode", "once"});
  for (int i = 0; i < 20; ++i) {
    Socket client = connect();
    const std::string answer = echo_once(client, std::string(100'000, 'x'));
    EXPECT_FALSE(answer.empty());
    EXPECT_LE(answer.size(), 1024u);
    EXPECT_EQ(answer, std::string(answer.size(), 'X'));
  }
}

TEST_P(Echo, HelloSaysHiToEverything) {
  start("echo_server", {"--mode", "hello"});
  for (const std::string message : {"hello", "", "x"}) {
    Socket client = connect();
    EXPECT_EQ(echo_once(client, message), "hi");
  }
}

TEST_P(Echo, VerbatimChangesNothing) {
  start("echo_server", {"--mode", "verbatim"});
  Socket client = connect();
  const std::string bytes = all_bytes(1 << 20);
  EXPECT_EQ(echo(client, "hello"), "hello");
  EXPECT_TRUE(echo(client, bytes) == bytes);
}

// Larger than what both kernels buffer: a client that sent all before it received would wait for ever.
TEST_P(Echo, MessagesLargerThanAllBuffersComeBackWhole) {
  start("echo_server", {"--mode", "verbatim"});
  Socket client = connect();
  const std::string bytes = all_bytes(std::size_t{32} << 20);
  EXPECT_TRUE(echo(client, bytes) == bytes);
}

TEST_P(EchoSideBySide, NoClientKeepsAnotherWaiting) {
  start("echo_server", {"--mode", "verbatim"});
  Socket idle = connect(), greedy = connect(), gone = connect();
  fill(greedy);
  EXPECT_EQ(echo(gone, "x"), "x");
  const linger reset{1, 0};
  gone.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&reset), sizeof reset});
  gone.close();
  std::vector<Socket> others;
  for (int i = 0; i < 10; ++i) others.push_back(connect());
  for (int round = 0; round < 3; ++round)
    for (Socket& other : others) EXPECT_EQ(echo(other, "hello"), "hello");
  EXPECT_EQ(echo(idle, "at last"), "at last");
}

TEST_P(Echo, ClientsThatResetLeaveTheServerUnharmed) {
  start("echo_server", {});
  for (int i = 0; i < 50; ++i) {
    Socket client = connect();
    client.sendall("never read");
    const linger reset{1, 0};
    client.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&reset), sizeof reset});
  }
  Socket client = connect();
  EXPECT_EQ(echo(client, "hello"), "HELLO");
  client.close();
  server().kill(SIGTERM);
  const Outcome outcome = server().wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

INSTANTIATE_TEST_SUITE_P(AllModels, Echo, ::testing::ValuesIn(cases(kAllModels, {"ipv4"}, {"ipv6", "unix"})),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(ConcurrentModels, EchoSideBySide,
                         ::testing::ValuesIn(cases(kConcurrentModels, {"ipv4"}, {"ipv6", "unix"})),
                         name_of_case);

// ---- what needs no program ----

TEST(EchoForms, OthersThanTheProtocolsAreRefused) {
  EXPECT_THROW(echo_handler("louder"), std::invalid_argument);
  EXPECT_THROW(echo_packet_handler("louder"), std::invalid_argument);
  EXPECT_THROW(echo_packet_handler("once"), std::invalid_argument);
}

TEST(EchoOverConnection, SaysHowMuchWasMissingWhenTheServerEnds) {
  Serving<ThreadingTCPServer> once(Address("127.0.0.1", 0), echo_handler("once"));
  once.start();
  Socket client = once.connect();
  try {
    echo(client, " ab ");
    FAIL() << "the answer was whole";
  } catch (const EOFError& error) {
    EXPECT_STREQ(error.what(), "the server ended after 2 of 4 bytes");
  }
}

TEST(EchoOverConnection, EndsAtTheTimeoutAndKeepsIt) {
  Socket listener = Socket::tcp();
  listener.bind({"127.0.0.1", 0});
  listener.listen();
  Socket client = create_connection(listener.getsockname(), kWatchdog);
  client.settimeout(50ms);
  EXPECT_THROW(echo(client, "hello"), TimeoutError);
  EXPECT_EQ(client.gettimeout(), Timeout(50ms));
}

}  // namespace
}  // namespace socketserver::testing
