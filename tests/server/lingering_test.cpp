// Connections that are ended without losing what was said last.
#include "socketserver/server/lingering.hpp"

#include <gtest/gtest.h>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

/// A peer that was told something and is being ended, while it has sent what nobody has read.
class LingeringTest : public ::testing::Test {
 protected:
  void end(Socket& ours, Socket& theirs) {
    ours.settimeout(kWatchdog);
    ours.sendall("unread");
    theirs.sendall("full\n");
    lingering_.add(theirs.fileno());
    theirs.close();
  }
  Lingering lingering_;
};

TEST_F(LingeringTest, lets_the_peer_read_although_it_has_sent_more) {
  for (const auto make_pair : kStreamPairs) {
    Pair pair = make_pair();
    end(pair.ours, pair.theirs);
    pair.ours.sendall("and more");
    lingering_.look();
    pair.ours.sendall("and more");
    EXPECT_EQ(read_all(pair.ours), "full\n");
    EXPECT_FALSE(lingering_.empty());
  }
}

TEST_F(LingeringTest, closes_once_the_peer_has_ended) {
  const std::size_t before = open_descriptors();
  for (const auto make_pair : kStreamPairs) {
    Pair pair = make_pair();
    end(pair.ours, pair.theirs);
    pair.ours.close();
    EXPECT_TRUE(eventually([this] { return lingering_.look(), lingering_.empty(); }));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(LingeringTest, closes_at_the_latest_when_it_says) {
  Pair pair = tcp_pair();
  end(pair.ours, pair.theirs);
  std::vector<pollfd> fds;
  const Deadline latest = lingering_.watch(fds);
  ASSERT_EQ(fds.size(), 1U);
  lingering_.look();
  EXPECT_FALSE(lingering_.empty() && !latest.expired());
  EXPECT_TRUE(eventually([&] { return latest.expired(); }));
  lingering_.look();
  EXPECT_TRUE(lingering_.empty());
}

TEST_F(LingeringTest, keeps_a_limited_number) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i <= Lingering::kMost; ++i) {
    pairs.push_back(tcp_pair());
    end(pairs.back().ours, pairs.back().theirs);
  }
  std::vector<pollfd> fds;
  lingering_.watch(fds);
  EXPECT_EQ(fds.size(), Lingering::kMost);
  lingering_.clear();
  EXPECT_TRUE(lingering_.empty());
}

}  // namespace
}  // namespace socketserver::testing
