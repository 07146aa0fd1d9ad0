// What holds for Wakeup on every system; run over the eventfd of Linux and over the portable pipe.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "socketserver/net/wait.hpp"

namespace socketserver::testing {

template <class AnyWakeup>
class WakeupPromises : public ::testing::Test {
 protected:
  bool awake() { return wait_readable(wakeup_.fileno(), Deadline::now()); }
  AnyWakeup wakeup_;
};
TYPED_TEST_SUITE_P(WakeupPromises);

TYPED_TEST_P(WakeupPromises, keeps_a_notification_that_comes_before_the_wait) {
  EXPECT_FALSE(this->awake());
  this->wakeup_.notify();
  EXPECT_TRUE(this->awake());
  EXPECT_TRUE(this->awake());
}

TYPED_TEST_P(WakeupPromises, forgets_all_notifications_by_drain) {
  for (int i = 0; i < 1000; ++i) this->wakeup_.notify();
  this->wakeup_.drain();
  EXPECT_FALSE(this->awake());
  this->wakeup_.notify();
  EXPECT_TRUE(this->awake());
}

TYPED_TEST_P(WakeupPromises, drains_when_there_is_nothing) {
  this->wakeup_.drain();
  EXPECT_FALSE(this->awake());
}

// A pipe holds 64 KiB: notify() must not block when nobody reads.
TYPED_TEST_P(WakeupPromises, never_blocks_the_one_who_notifies) {
  for (int i = 0; i < 20'000; ++i) this->wakeup_.notify();
  EXPECT_TRUE(this->awake());
  this->wakeup_.drain();
  EXPECT_FALSE(this->awake());
}

TYPED_TEST_P(WakeupPromises, leaves_errno_alone) {
  errno = EDOM;
  this->wakeup_.notify();
  this->wakeup_.drain();
  this->wakeup_.drain();
  EXPECT_EQ(errno, EDOM);
}

TYPED_TEST_P(WakeupPromises, wakes_a_thread_that_waits) {
  std::thread notifier([this] { this->wakeup_.notify(); });
  EXPECT_TRUE(wait_readable(this->wakeup_.fileno(), Deadline::after(std::chrono::minutes(1))));
  notifier.join();
}

REGISTER_TYPED_TEST_SUITE_P(WakeupPromises, keeps_a_notification_that_comes_before_the_wait,
                            forgets_all_notifications_by_drain, drains_when_there_is_nothing,
                            never_blocks_the_one_who_notifies, leaves_errno_alone, wakes_a_thread_that_waits);

}  // namespace socketserver::testing
