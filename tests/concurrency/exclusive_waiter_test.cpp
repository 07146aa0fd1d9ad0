// Waiting for a socket that others wait for as well, alone.
#include "socketserver/concurrency/exclusive_waiter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class ExclusiveWaiterTest : public ::testing::Test {
 protected:
  Wakeup wakeup_, shared_;
  std::array<pollfd, 2> fds_{{{wakeup_.fileno(), POLLIN, 0}, {shared_.fileno(), POLLIN, 0}}};
  Wakeup hand_on_;
  ExclusiveWaiter waiter_{shared_.fileno(), hand_on_};
};

TEST_F(ExclusiveWaiterTest, tells_what_is_ready_for_as_long_as_it_is) {
  EXPECT_EQ(waiter_.wait(fds_, Deadline::now()), 0);
  shared_.notify();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(waiter_.wait(fds_, Deadline::after(kWatchdog)), 1);
    EXPECT_EQ(fds_[0].revents, 0);
    EXPECT_EQ(fds_[1].revents, POLLIN);
  }
  shared_.drain();
  wakeup_.notify();
  EXPECT_EQ(waiter_.wait(fds_, Deadline::after(kWatchdog)), 1);
  EXPECT_EQ(fds_[0].revents, POLLIN);
  EXPECT_EQ(fds_[1].revents, 0);
}

TEST_F(ExclusiveWaiterTest, waits_until_the_deadline) {
  const auto begin = Clock::now();
  EXPECT_EQ(waiter_.wait(fds_, Deadline::after(std::chrono::milliseconds(20))), 0);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(20));
}

TEST_F(ExclusiveWaiterTest, waits_for_anything_else_as_well) {
  EXPECT_EQ(waiter_.wait(fds_, Deadline::now()), 0);
  shared_.notify();
  const int shared = fds_[1].fd;
  fds_[1].fd = -1;  // a loop that accepts nobody now
  EXPECT_EQ(waiter_.wait(fds_, Deadline::now()), 0);
  Wakeup other;
  other.notify();
  fds_[1].fd = other.fileno();
  EXPECT_EQ(waiter_.wait(fds_, Deadline::after(kWatchdog)), 1);
  fds_[1].fd = shared;
  EXPECT_EQ(waiter_.wait(fds_, Deadline::after(kWatchdog)), 1);
  EXPECT_EQ(fds_[1].revents, POLLIN);
}

// The one that was woken stops instead.
TEST_F(ExclusiveWaiterTest, leaves_to_others_what_it_does_not_take) {
  EXPECT_EQ(waiter_.wait(fds_, Deadline::now()), 0);
  std::atomic<bool> waits{false};
  std::thread other([&] {
    ExclusiveWaiter waiter(shared_.fileno(), hand_on_);
    Wakeup own;
    std::array<pollfd, 2> fds{{{own.fileno(), POLLIN, 0}, {shared_.fileno(), POLLIN, 0}}};
    EXPECT_EQ(waiter.wait(fds, Deadline::now()), 0);
    waits = true;
    EXPECT_EQ(waiter.wait(fds, Deadline::after(kWatchdog)), 1);
    EXPECT_EQ(fds[1].revents, POLLIN);
  });
  EXPECT_TRUE(eventually([&] { return waits.load(); }));
  {
    ExclusiveWaiter woken(shared_.fileno(), hand_on_);
    shared_.notify();
  }
  other.join();
}

}  // namespace
}  // namespace socketserver::testing
