// server_close() ends at the drain deadline, and deadlines end slow clients. In Python an idle client keeps
// the server for ever.
#include <gtest/gtest.h>

#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

// What a busy machine may add to a deadline; under a sanitizer less than the default deadline of 5 s.
constexpr double kLateMs = kSlower == 1 ? 50.0 : 2000.0;

template <class Server>
class DrainTiming : public ::testing::Test {
 protected:
  /// Lets `client` do something at a server with `drain_timeout`, and measures server_close().
  template <class Client>
  Clock::duration time_to_close(std::chrono::nanoseconds drain_timeout, Client client) {
    return median_of([&] {
      Serving<Server> serving(address_for<Server>(directory_), echo());
      serving.server().drain_timeout = drain_timeout;
      serving.server().log_level = LogLevel::kError;
      serving.start();
      Socket connection = client(serving.address());
      const auto took = time_of([&] { serving.server().server_close(); });
      EXPECT_EQ(connection.recv(1), "");
      return took;
    });
  }
  TemporaryDirectory directory_;
};

using Servers =
    ::testing::Types<TCPServer, UnixStreamServer, ThreadingTCPServer, ThreadingUnixStreamServer,
                     ForkingTCPServer, ForkingUnixStreamServer, ThreadPoolMixIn<TCPServer>,
                     PrethreadingMixIn<TCPServer>, FiberMixIn<TCPServer>, PreforkingMixIn<TCPServer>>;
TYPED_TEST_SUITE(DrainTiming, Servers, ServerNames);

TYPED_TEST(DrainTiming, closes_at_the_deadline_with_an_idle_client) {
  const double took = in_ms(this->time_to_close(200ms, idle_client));
  EXPECT_GE(took, 200);
  EXPECT_LT(took, 200 + kLateMs);
}

TYPED_TEST(DrainTiming, closes_at_once_when_nobody_is_left) {
  const auto leave = [](const Address& server) {
    Socket client = idle_client(server);
    client.shutdown(SHUT_WR);
    EXPECT_EQ(client.recv(1), "");
    return client;
  };
  EXPECT_LT(in_ms(this->time_to_close(24h, leave)), kLateMs);
}

TYPED_TEST(DrainTiming, closes_at_once_without_time_to_drain) {
  EXPECT_LT(in_ms(this->time_to_close(0s, idle_client)), kLateMs);
}

/// How long a client that sends a byte every `pause` keeps its connection.
Clock::duration time_of_trickle(const Address& server, std::chrono::milliseconds pause) {
  return time_of([&] {
    Socket client = create_connection(server, kWatchdog);
    try {
      for (;;) {
        client.sendall(".");
        if (wait_readable(client.fileno(), Deadline::after(pause)) && client.recv(100).empty()) break;
      }
    } catch (const ConnectionError&) {
    }
  });
}

template <class Server>
class SlowClientTiming : public DrainTiming<Server> {};
TYPED_TEST_SUITE(SlowClientTiming, Servers, ServerNames);

// One byte a second would keep every other deadline from passing.
TYPED_TEST(SlowClientTiming, cannot_hold_a_connection_beyond_the_deadline_of_the_request) {
  const auto took = median_of([this] {
    Serving<TypeParam> serving(address_for<TypeParam>(this->directory_),
                               [](Request& request, const Address&, BaseServer&) {
                                 while (!request.recv(100).empty()) {
                                 }
                               });
    serving.server().deadlines = {.first_byte = 1h, .read = 1h, .idle = 1h, .write = 1h, .request = 200ms};
    serving.start();
    return time_of_trickle(serving.address(), 30ms);
  });
  EXPECT_GE(in_ms(took), 180);  // counted from accept, a little after connect
  EXPECT_LT(in_ms(took), 200 + 30 + kLateMs);
}

TYPED_TEST(SlowClientTiming, that_never_says_anything_is_gone_at_first_byte) {
  const auto took = median_of([this] {
    Serving<TypeParam> serving(address_for<TypeParam>(this->directory_), echo());
    serving.server().deadlines.first_byte = 100ms;
    serving.start();
    return time_of([&] {
      Socket client = serving.connect();
      EXPECT_EQ(read_all(client), "");
    });
  });
  EXPECT_GE(in_ms(took), 80);
  EXPECT_LT(in_ms(took), 100 + kLateMs);
}

}  // namespace
}  // namespace socketserver::testing
