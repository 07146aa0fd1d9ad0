// Points in time: arithmetic at its limits.
#include "socketserver/net/deadline.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace socketserver {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Deadline, is_never_by_default) {
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_TRUE(Deadline::after({}).is_never());
  EXPECT_FALSE(Deadline::never().expired());
  EXPECT_EQ(Deadline::never().remaining(), std::nullopt);
  EXPECT_EQ(Deadline::never().poll_timeout(), -1);
}

TEST(Deadline, now_has_always_passed) {
  EXPECT_TRUE(Deadline::now().expired());
  EXPECT_EQ(Deadline::now().remaining(), 0ns);
  EXPECT_EQ(Deadline::now().poll_timeout(), 0);
}

TEST(Deadline, after_nothing_or_less_has_passed) {
  EXPECT_TRUE(Deadline::after(0ns).expired());
  EXPECT_TRUE(Deadline::after(-1h).expired());
  EXPECT_TRUE(Deadline::after(nanoseconds::min()).expired());
}

TEST(Deadline, beyond_the_clock_is_never_and_does_not_overflow) {
  EXPECT_TRUE(Deadline::after(nanoseconds::max()).is_never());
  EXPECT_TRUE(Deadline::after(nanoseconds::max() - 1ns).is_never());
}

TEST(Deadline, waits_in_poll_at_least_as_long_as_is_left) {
  const Deadline soon = Deadline::after(1500us);
  EXPECT_GE(soon.poll_timeout(), 1);
  EXPECT_LE(soon.poll_timeout(), 2);
  // The smallest time left must not become a poll without waiting, which would spin.
  for (int i = 0; i < 1000; ++i) {
    const Deadline close = Deadline::after(200us);
    const int timeout = close.poll_timeout();
    EXPECT_TRUE(timeout == 1 || close.expired()) << timeout;
  }
}

TEST(Deadline, further_away_than_poll_can_count_is_its_longest) {
  EXPECT_EQ(Deadline::after(24h * 100).poll_timeout(), std::numeric_limits<int>::max());
}

TEST(Deadline, counts_down) {
  const Deadline deadline = Deadline::after(1h);
  EXPECT_FALSE(deadline.expired());
  const auto left = deadline.remaining();
  ASSERT_TRUE(left);
  EXPECT_LE(*left, 1h);
  EXPECT_GT(*left, 59min);
  EXPECT_GE(*left, *deadline.remaining());
}

TEST(Deadline, orders_from_now_to_never) {
  EXPECT_LT(Deadline::now(), Deadline::after(0ns));
  EXPECT_LT(Deadline::after(1s), Deadline::after(1h));
  EXPECT_LT(Deadline::after(1h), Deadline::never());
  EXPECT_EQ(Deadline::never(), Deadline());
}

}  // namespace
}  // namespace socketserver
