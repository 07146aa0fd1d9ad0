// How sources that fail too often are turned away.
#include "socketserver/service/failure_limit.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

const Address kOne("192.0.2.1", 1), kSamePlace("192.0.2.1", 2), kOther("192.0.2.2", 1);

class FailureLimitTest : public ::testing::Test {
 protected:
  FailureLimit limit_{3, 1s};
  Clock::time_point now_ = Clock::now();
};

TEST_F(FailureLimitTest, lets_a_source_fail_so_often_and_then_once_in_the_interval) {
  EXPECT_TRUE(limit_.allows(kOne, now_));
  EXPECT_TRUE(limit_.add(kOne, now_));
  EXPECT_TRUE(limit_.add(kSamePlace, now_));
  EXPECT_FALSE(limit_.add(kOne, now_));
  EXPECT_FALSE(limit_.allows(kOne, now_));
  EXPECT_FALSE(limit_.allows(kOne, now_ + 900ms));
  EXPECT_TRUE(limit_.allows(kOne, now_ + 1001ms));
  EXPECT_FALSE(limit_.add(kOne, now_ + 1001ms));
  EXPECT_FALSE(limit_.allows(kOne, now_ + 1900ms));
  EXPECT_TRUE(limit_.allows(kOne, now_ + 2002ms));
}

TEST_F(FailureLimitTest, forgets_in_time) {
  for (int i = 0; i < 3; ++i) limit_.add(kOne, now_);
  const auto later = now_ + 3001ms;
  EXPECT_TRUE(limit_.add(kOne, later));
  EXPECT_TRUE(limit_.add(kOne, later));
  EXPECT_FALSE(limit_.add(kOne, later));
}

// Those who were asked before the limit was reached.
TEST_F(FailureLimitTest, keeps_nobody_out_for_longer_because_of_more_failures) {
  for (int i = 0; i < 1000; ++i) limit_.add(kOne, now_);
  EXPECT_FALSE(limit_.allows(kOne, now_ + 900ms));
  EXPECT_TRUE(limit_.allows(kOne, now_ + 1001ms));
}

TEST_F(FailureLimitTest, counts_networks_of_IPv6_and_mapped_addresses_as_one) {
  for (int i = 1; i <= 3; ++i) limit_.add(Address("2001:db8:0:1::" + std::to_string(i), 1), now_);
  EXPECT_FALSE(limit_.allows(Address("2001:db8:0:1::4", 1), now_));
  EXPECT_TRUE(limit_.allows(Address("2001:db8:0:2::1", 1), now_));
  for (int i = 0; i < 3; ++i) limit_.add(kOne, now_);
  EXPECT_FALSE(limit_.allows(Address("::ffff:192.0.2.1", 1), now_));
  EXPECT_TRUE(limit_.allows(kOther, now_));
}

TEST_F(FailureLimitTest, tells_how_many_there_were_and_takes_some_back) {
  EXPECT_EQ(limit_.count(kOne, now_), 0U);
  limit_.take_back(kOne, now_);
  for (const std::size_t i : {1U, 2U, 3U, 3U}) {
    limit_.add(kOne, now_);
    EXPECT_EQ(limit_.count(kSamePlace, now_), i);
  }
  EXPECT_EQ(limit_.count(kOther, now_), 0U);
  limit_.take_back(kSamePlace, now_);
  EXPECT_EQ(limit_.count(kOne, now_), 2U);
  EXPECT_EQ(limit_.count(kOne, now_ + 1001ms), 1U);
  EXPECT_EQ(limit_.count(kOne, now_ + 2001ms), 0U);
  limit_.take_back(kOne, now_ + 2001ms);
  EXPECT_EQ(limit_.count(kOne, now_ + 2001ms), 0U);
}

TEST_F(FailureLimitTest, leaves_Unix_sockets_alone) {
  const Address path("/tmp/somewhere");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit_.add(path, now_));
}

TEST_F(FailureLimitTest, of_zero_is_none) {
  FailureLimit none(0, 1s);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(none.add(kOne, now_));
}

Address source(unsigned number) {
  return Address("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) + "." +
                     std::to_string(number & 255),
                 1);
}

// More than it has room for: it remembers as many as that, and never takes one for another.
TEST_F(FailureLimitTest, remembers_what_it_has_room_for) {
  constexpr unsigned kMany = 20'000;
  FailureLimit limit(1, 1h);
  unsigned known = 0, wronged = 0;
  for (unsigned i = 0; i < kMany; ++i) limit.add(source(i), now_);
  for (unsigned i = 0; i < kMany; ++i)
    if (!limit.allows(source(i), now_)) ++known;
  for (unsigned i = kMany; i < kMany + 1000; ++i)
    if (!limit.allows(source(i), now_)) ++wronged;
  EXPECT_GT(known, 7000U);
  EXPECT_LE(known, 8192U);
  EXPECT_LE(wronged, 1U);
}

TEST_F(FailureLimitTest, counts_for_all_threads) {
  FailureLimit limit(1000, 1h);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 250; ++j) limit.add(kOne, now_);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(limit.allows(kOne, now_));
  EXPECT_TRUE(limit.allows(kOne, now_ + 61min));
}

TEST_F(FailureLimitTest, counts_for_forked_processes) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 3; ++i) limit_.add(kOne, now_);
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(limit_.allows(kOne, now_));
}

}  // namespace
}  // namespace socketserver::testing
