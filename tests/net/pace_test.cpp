// How fast a peer must send.
#include "socketserver/net/pace.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "net/sockets.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

class PaceTest : public ::testing::Test {
 protected:
  std::size_t read(const Timeout& timeout, std::uint64_t rate = 1) {
    return pace_.read(pair_.ours, timeout, rate, [&] { return pair_.ours.recv(100).size(); });
  }
  Pair pair_ = unix_pair();
  Pace pace_;
};

TEST_F(PaceTest, ends_a_wait_that_takes_longer_than_its_time) {
  EXPECT_THROW(read(20ms), TimeoutError);
  EXPECT_TRUE(pace_.exceeded());
  EXPECT_GE(pace_.waited(), 20ms);
}

TEST_F(PaceTest, counts_all_waits_together) {
  EXPECT_THROW(read(20ms), TimeoutError);
  pair_.theirs.sendall("too late");
  EXPECT_THROW(read(20ms), TimeoutError);
}

TEST_F(PaceTest, gives_a_second_more_for_so_many_bytes) {
  pair_.theirs.sendall(std::string(60, 'x'));
  EXPECT_EQ(read(20s, 3), 60U);
  const std::jthread later([&] { pair_.theirs.sendall("y"); });
  EXPECT_EQ(read(0ms, 3), 1U);  // there are 20 s now
  EXPECT_FALSE(pace_.exceeded());
  EXPECT_EQ(pace_.came(), 61U);
}

TEST_F(PaceTest, leaves_alone_other_timeouts_and_errors) {
  pair_.ours.settimeout(20ms);
  EXPECT_THROW(read(20s), TimeoutError);
  EXPECT_FALSE(pace_.exceeded());
  EXPECT_THROW(read(std::nullopt), TimeoutError);
  EXPECT_FALSE(pace_.exceeded());
  const auto fail = []() -> std::size_t { throw std::runtime_error("no more"); };
  EXPECT_THROW(pace_.read(pair_.ours, 20s, 1, fail), std::runtime_error);
}

}  // namespace
}  // namespace socketserver::testing
