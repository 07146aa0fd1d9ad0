// What is told of the waits of a socket, and what it counts.
#include "socketserver/net/wait_observer.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Notes what it is told, and lets the other end act as soon as a wait has begun.
class Notes final : public WaitObserver {
 public:
  void wait_begins(For what) noexcept override {
    told += what == For::kData ? 'r' : 'w';
    if (on_wait) on_wait();
  }
  void wait_ends() noexcept override { told += '.'; }
  std::string told;
  std::function<void()> on_wait;
};

/// Another way to wait than the kernel's.
class PollWaiter : public Waiter {
 public:
  int wait(std::span<pollfd> fds, Deadline deadline) override { return wait_in_poll(fds, deadline); }
};

/// With and without a Waiter.
class WaitObserverTest : public ::testing::TestWithParam<bool> {
 protected:
  WaitObserverTest() { pair_.ours.set_wait_observer(&notes_); }
  Notes notes_;
  Pair pair_ = tcp_pair();
  PollWaiter waiter_;
  const WaiterScope scope_{GetParam() ? &waiter_ : nullptr};
};

TEST_P(WaitObserverTest, is_told_nothing_of_calls_that_need_no_wait) {
  pair_.theirs.sendall("hello");
  EXPECT_TRUE(wait_readable(pair_.ours.fileno(), Deadline::after(kWatchdog)));
  pair_.ours.recv(100);
  pair_.ours.sendall("hello");
  EXPECT_EQ(notes_.told, "");
}

TEST_P(WaitObserverTest, is_told_of_waits_for_data) {
  notes_.on_wait = [this] { pair_.theirs.sendall("hello"); };
  EXPECT_EQ(pair_.ours.recv(100), "hello");
  EXPECT_EQ(notes_.told, "r.");
}

TEST_P(WaitObserverTest, is_told_of_waits_for_room) {
  fill(pair_.ours);
  std::thread reader;
  notes_.on_wait = [&] {
    if (!reader.joinable()) reader = std::thread([this] { read_all(pair_.theirs); });
  };
  pair_.ours.sendall("more");
  pair_.ours.close();
  reader.join();
  EXPECT_TRUE(notes_.told.starts_with("w.")) << notes_.told;
}

TEST_P(WaitObserverTest, is_told_of_the_end_of_a_wait_that_failed) {
  pair_.ours.settimeout(1ms);
  EXPECT_THROW(pair_.ours.recv(1), TimeoutError);
  EXPECT_EQ(notes_.told, "r.");
  pair_.ours.settimeout({});
  pair_.ours.set_request_end(Deadline::now());
  EXPECT_THROW(pair_.ours.recv(1), TimeoutError);
}

TEST_P(WaitObserverTest, is_let_go_of) {
  pair_.ours.set_wait_observer(nullptr);
  pair_.ours.settimeout(1ms);
  EXPECT_THROW(pair_.ours.recv(1), TimeoutError);
  EXPECT_EQ(notes_.told, "");
}

TEST_P(WaitObserverTest, bytes_are_counted) {
  pair_.ours.sendall("hello");
  pair_.theirs.sendall("you");
  EXPECT_EQ(pair_.ours.recv(100), "you");
  EXPECT_EQ(pair_.ours.sent(), 5U);
  EXPECT_EQ(pair_.ours.received(), 3U);
  const Socket moved = std::move(pair_.ours);
  EXPECT_EQ(moved.sent(), 5U);
  EXPECT_EQ(moved.received(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Waits, WaitObserverTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "in_a_waiter" : "in_the_kernel"; });

}  // namespace
}  // namespace socketserver::testing
