// Datagrams received several at a time.
#include "socketserver/net/datagram_batch.hpp"

#include <gtest/gtest.h>

#include "net/sockets.hpp"

namespace socketserver::testing {
namespace {

class DatagramBatchTest : public ::testing::Test {
 protected:
  DatagramBatchTest() {
    receiver_.bind({"127.0.0.1", 0});
    sender_.connect(receiver_.getsockname());
  }
  /// The next datagram's bytes; "(none)" when none waits.
  std::string next(std::size_t most = DatagramBatch::kDatagrams) {
    return batch_.next(receiver_.fileno(), most, datagram_) ? std::string(datagram_.bytes) : "(none)";
  }
  Socket receiver_ = Socket::udp(), sender_ = Socket::udp();
  DatagramBatch batch_{10};
  Datagram datagram_;
};

TEST_F(DatagramBatchTest, has_none_where_none_waits) {
  EXPECT_EQ(next(), "(none)");
  EXPECT_TRUE(batch_.empty());
}

TEST_F(DatagramBatchTest, gives_them_in_order_with_their_sender) {
  for (const char* text : {"one", "", "three"}) sender_.send(text);
  for (const char* text : {"one", "", "three"}) {
    EXPECT_EQ(next(), text);
    EXPECT_EQ(datagram_.from, sender_.getsockname());
    EXPECT_FALSE(datagram_.truncated);
  }
  EXPECT_TRUE(batch_.empty());
  EXPECT_EQ(next(), "(none)");
}

TEST_F(DatagramBatchTest, takes_no_more_at_once_than_asked) {
  for (int i = 0; i < 3; ++i) sender_.send(std::to_string(i));
  EXPECT_EQ(next(1), "0");
  EXPECT_TRUE(batch_.empty());
  EXPECT_EQ(next(2), "1");
  EXPECT_FALSE(batch_.empty());
  EXPECT_EQ(next(1), "2");
}

TEST_F(DatagramBatchTest, receives_more_than_it_has_room_for_in_turns) {
  for (int i = 0; i < 100; ++i) sender_.send(std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    std::string got = next();
    if (got == "(none)") got = next();  // it may say so once, where poll(2) would be asked
    EXPECT_EQ(got, std::to_string(i));
  }
}

TEST_F(DatagramBatchTest, says_which_were_longer_than_its_room) {
  sender_.send("0123456789");
  sender_.send("0123456789x");
  sender_.send("short");
  EXPECT_EQ(next(), "0123456789");
  EXPECT_FALSE(datagram_.truncated);
  EXPECT_EQ(next(), "0123456789");
  EXPECT_TRUE(datagram_.truncated);
  EXPECT_EQ(next(), "short");
  EXPECT_FALSE(datagram_.truncated);
}

TEST_F(DatagramBatchTest, knows_senders_of_other_lengths_one_after_the_other) {
  Pair unnamed = unix_pair(SOCK_DGRAM);
  for (int round = 0; round < 2; ++round) {
    sender_.send("ip");
    EXPECT_EQ(next(), "ip");
    EXPECT_EQ(datagram_.from, sender_.getsockname());
    unnamed.theirs.send("unix");
    EXPECT_TRUE(batch_.next(unnamed.ours.fileno(), 1, datagram_));
    EXPECT_EQ(datagram_.from.path(), "");
  }
}

TEST_F(DatagramBatchTest, throws_what_is_wrong) { EXPECT_THROW(batch_.next(-1, 1, datagram_), OSError); }

}  // namespace
}  // namespace socketserver::testing
