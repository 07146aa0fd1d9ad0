// DatagramRequestHandler: files over a datagram.
#include <gtest/gtest.h>

#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class DatagramHandler : public ::testing::Test {
 protected:
  template <class H>
  std::string ask(std::string_view question) {
    Serving<ThreadingUDPServer> serving(Address("127.0.0.1", 0), handler<H>());
    serving.start();
    Socket client = Socket::udp();
    client.settimeout(kWatchdog);
    client.sendto(question, serving.address());
    return client.recv(65536);
  }
};

struct Lines : DatagramRequestHandler {
  void handle() override {
    while (auto line = rfile().readline()) wfile().write("<" + *line);
  }
};

TEST_F(DatagramHandler, ReadsThePacketAndAnswersWithOneDatagram) {
  EXPECT_EQ(ask<Lines>("one\ntwo\nthree"), "<one\n<two\n<three");
}

struct Silent : DatagramRequestHandler {};

TEST_F(DatagramHandler, AnswersWithAnEmptyDatagramWhenNothingWasWritten) {
  EXPECT_EQ(ask<Silent>("hello"), "");
}

struct Throws : DatagramRequestHandler {
  void handle() override {
    wfile().write("written before");
    throw ConnectionAbortedError(ECONNABORTED, "thrown in a test");
  }
};

TEST_F(DatagramHandler, AnswersAlthoughHandleThrew) { EXPECT_EQ(ask<Throws>("hello"), "written before"); }

struct Raw : DatagramRequestHandler {
  void handle() override {
    const bool same = &socket() == &request().socket() && packet() == request().packet();
    wfile().write(same ? packet() + packet() : "");
  }
};

TEST_F(DatagramHandler, HasThePacketAndTheServersSocketToo) { EXPECT_EQ(ask<Raw>("ab"), "abab"); }

}  // namespace
}  // namespace socketserver::testing
