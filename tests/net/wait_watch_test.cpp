// Timeouts that somebody looks after, instead of the kernel.
#include "socketserver/net/wait_watch.hpp"

#include <gtest/gtest.h>

#include <future>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// A receiver of either family with a timeout of 600 ticks, and the clock that counts them.
class WaitWatchTest : public ::testing::TestWithParam<int> {
 protected:
  WaitWatchTest() {
    clock_.tick = 1s;
    pair_.theirs.settimeout(600s);
    pair_.theirs.set_watch(&clock_);
  }
  /// What recv() gives, or the name of the exception.
  std::future<std::string> receive() {
    return std::async(std::launch::async, [this]() -> std::string {
      try {
        return "got " + pair_.theirs.recv(100);
      } catch (const TimeoutError&) {
        return "timeout";
      }
    });
  }
  void pass(std::uint32_t ticks) {
    clock_.now += ticks;
    pair_.theirs.end_overdue_wait();
  }
  WatchClock clock_;
  Pair pair_ = kStreamPairs[GetParam()]();
};

TEST_P(WaitWatchTest, ends_a_wait_after_its_timeout) {
  auto received = receive();
  EXPECT_TRUE(eventually([&] {
    pass(602);
    return received.wait_for(0s) == std::future_status::ready;
  }));
  EXPECT_EQ(received.get(), "timeout");
}

TEST_P(WaitWatchTest, ends_no_wait_before) {
  auto received = receive();
  for (int i = 0; i < 600; ++i) pass(1);
  pair_.ours.sendall("in time");
  EXPECT_EQ(received.get(), "got in time");
}

TEST_P(WaitWatchTest, takes_the_end_of_the_stream_for_what_it_is) {
  auto received = receive();
  pair_.ours.shutdown(SHUT_WR);
  EXPECT_EQ(received.get(), "got ");
}

TEST_P(WaitWatchTest, does_nothing_to_a_socket_that_does_not_wait) {
  pass(10'000);
  pair_.ours.sendall("late");
  EXPECT_EQ(receive().get(), "got late");
}

TEST_P(WaitWatchTest, lets_an_ended_receiver_say_goodbye) {
  auto received = receive();
  EXPECT_TRUE(eventually([&] {
    pass(602);
    return received.wait_for(0s) == std::future_status::ready;
  }));
  EXPECT_EQ(receive().get(), "timeout");  // once ended, always ended
  pair_.theirs.sendall("goodbye");
  EXPECT_EQ(pair_.ours.recv(100), "goodbye");
}

TEST_P(WaitWatchTest, leaves_short_timeouts_to_the_kernel) {
  pair_.theirs.settimeout(20ms);
  EXPECT_EQ(receive().get(), "timeout");
  pair_.theirs.settimeout(600s);  // and the kernel forgets the short one
  auto received = receive();
  EXPECT_EQ(received.wait_for(50ms), std::future_status::timeout);
  pair_.ours.sendall("x");
  EXPECT_EQ(received.get(), "got x");
}

TEST_P(WaitWatchTest, lets_a_deadline_of_the_whole_request_be_exact) {
  Deadlines deadlines;
  deadlines.idle = deadlines.first_byte = 600s;
  deadlines.request = 20ms;
  pair_.theirs.set_deadlines(deadlines);
  EXPECT_EQ(receive().get(), "timeout");
}

INSTANTIATE_TEST_SUITE_P(Streams, WaitWatchTest, ::testing::Values(0, 1),
                         [](const auto& one) { return one.param == 0 ? "unix" : "tcp"; });

}  // namespace
}  // namespace socketserver::testing
