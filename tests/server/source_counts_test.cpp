// What counts as one client, and how much it may have.
#include "socketserver/server/source_counts.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace socketserver::testing {
namespace {

/// Do the two have one limit?
bool are_one(const Address& a, const Address& b) {
  SourceCounts counts;
  return counts.enter(a, 1) && !counts.enter(b, 1);
}

TEST(SourceCounts, lets_each_source_have_so_many) {
  SourceCounts counts;
  const Address one("192.0.2.1", 1), other("192.0.2.2", 1);
  EXPECT_TRUE(counts.enter(one, 2));
  EXPECT_TRUE(counts.enter(one, 2));
  EXPECT_FALSE(counts.enter(one, 2));
  EXPECT_TRUE(counts.enter(other, 2));
  counts.leave(one);
  EXPECT_TRUE(counts.enter(one, 2));
  EXPECT_FALSE(counts.enter(one, 2));
}

TEST(SourceCounts, keeps_nothing_of_those_that_are_gone) {
  SourceCounts counts;
  const Address one("192.0.2.1", 1);
  EXPECT_FALSE(counts.enter(one, 0));
  EXPECT_EQ(counts.size(), 0U);
  counts.enter(one, 2);
  counts.enter(one, 2);
  EXPECT_EQ(counts.size(), 1U);
  counts.leave(one);
  counts.leave(one);
  EXPECT_EQ(counts.size(), 0U);
}

TEST(SourceCounts, takes_an_address_of_IPv4_for_one_whatever_its_port) {
  EXPECT_TRUE(are_one({"192.0.2.1", 1}, {"192.0.2.1", 2}));
  EXPECT_TRUE(are_one({"192.0.2.1", 1}, {"::ffff:192.0.2.1", 2}));
  EXPECT_FALSE(are_one({"192.0.2.1", 1}, {"192.0.2.2", 1}));
  EXPECT_FALSE(are_one({"::ffff:192.0.2.1", 1}, {"::ffff:192.0.2.2", 1}));
}

TEST(SourceCounts, takes_64_bits_of_IPv6_for_one) {
  EXPECT_TRUE(are_one({"2001:db8:0:1::1", 1}, {"2001:db8:0:1:ffff::2", 1}));
  EXPECT_FALSE(are_one({"2001:db8:0:1::1", 1}, {"2001:db8:0:2::1", 1}));
  EXPECT_FALSE(are_one({"::1", 1}, {"127.0.0.1", 1}));
}

TEST(SourceCounts, tells_link_local_neighbours_apart) {
  EXPECT_FALSE(are_one({"fe80::1%lo", 1}, {"fe80::2%lo", 1}));
  EXPECT_TRUE(are_one({"fe80::1%lo", 1}, {"fe80::1%lo", 2}));
}

TEST(SourceCounts, does_not_count_Unix_sockets) {
  SourceCounts counts;
  EXPECT_TRUE(counts.enter(Address("path"), 1));
  EXPECT_TRUE(counts.enter(Address("path"), 1));
  counts.leave(Address("path"));
  EXPECT_EQ(counts.size(), 0U);
}

TEST(SourceCounts, may_be_used_by_several_threads) {
  SourceCounts counts;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&counts, i] {
      const Address client("192.0.2." + std::to_string(i % 2), 1);
      for (int turn = 0; turn < 1000; ++turn)
        if (counts.enter(client, 1)) counts.leave(client);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts.size(), 0U);
}

}  // namespace
}  // namespace socketserver::testing
