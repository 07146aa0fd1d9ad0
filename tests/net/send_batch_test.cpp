// Datagrams sent several at a time.
#include "socketserver/net/send_batch.hpp"

#include <gtest/gtest.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>

#include "net/sockets.hpp"

namespace socketserver::testing {
namespace {

class SendBatchTest : public ::testing::Test {
 protected:
  /// A socket to send from, connected to one of its own.
  struct Line {
    Pair pair = unix_pair(SOCK_DGRAM);
    int fd() const { return pair.ours.fileno(); }
    /// Up to now.
    std::string heard() {
      std::string all;
      pair.theirs.setblocking(false);
      try {
        for (;;) all += pair.theirs.recv(100) + ".";
      } catch (const OSError& error) {
        EXPECT_EQ(error.errnum(), EAGAIN);
      }
      return all;
    }
  };
  struct Note {
    explicit Note(std::string what) : text(std::move(what)) {}
    Note(const Note&) = delete;
    Note& operator=(const Note&) = delete;
    std::string text;
    iovec bytes{text.data(), text.size()};
    msghdr message{nullptr, 0, &bytes, 1, nullptr, 0, 0};
    Sent sent{};
  };

  const Sent& add(int fd, std::string text, int flags = MSG_DONTWAIT) {
    Note& note = notes_.emplace_back(std::move(text));
    batch_.add(fd, note.message, flags, note.sent);
    return note.sent;
  }

  Line one_, other_;
  SendBatch batch_;
  std::deque<Note> notes_;
};

TEST_F(SendBatchTest, sends_nothing_before_it_is_told) {
  add(one_.fd(), "a");
  EXPECT_FALSE(batch_.empty());
  EXPECT_EQ(one_.heard(), "");
  batch_.send();
  EXPECT_TRUE(batch_.empty());
  EXPECT_EQ(one_.heard(), "a.");
}

TEST_F(SendBatchTest, sends_all_in_order_and_says_how_many_bytes_went) {
  std::string wanted;
  while (!batch_.full()) {
    const std::string text(batch_.size() + 1, 'x');
    add(one_.fd(), text);
    wanted += text + ".";
  }
  EXPECT_EQ(batch_.size(), SendBatch::kMessages);
  batch_.send();
  EXPECT_EQ(one_.heard(), wanted);
  for (const Note& note : notes_) EXPECT_EQ(note.sent.result, static_cast<ssize_t>(note.text.size()));
}

TEST_F(SendBatchTest, sends_by_several_descriptors) {
  add(one_.fd(), "a"), add(one_.fd(), "b"), add(other_.fd(), "c"), add(one_.fd(), "d");
  batch_.send();
  EXPECT_EQ(one_.heard(), "a.b.d.");
  EXPECT_EQ(other_.heard(), "c.");
}

TEST_F(SendBatchTest, tells_each_failure_to_its_own_message) {
  const Sent& first = add(one_.fd(), "a");
  const Sent& too_long = add(one_.fd(), std::string(10'000'000, 'x'));
  const Sent& second = add(one_.fd(), "b");
  const Sent& nowhere = add(-1, "c");
  batch_.send();
  EXPECT_EQ(one_.heard(), "a.b.");
  EXPECT_EQ(first.result, 1);
  EXPECT_EQ(too_long.result, -1);
  EXPECT_EQ(too_long.error, EMSGSIZE);
  EXPECT_EQ(second.result, 1);
  EXPECT_EQ(nowhere.result, -1);
  EXPECT_EQ(nowhere.error, EBADF);
}

TEST_F(SendBatchTest, says_would_block_where_there_is_no_room) {
  std::deque<const Sent*> sent;
  do {
    while (!batch_.full()) sent.push_back(&add(one_.fd(), "x"));
    batch_.send();
  } while (sent.back()->result == 1);
  EXPECT_EQ(sent.back()->error, EAGAIN);
  const auto count = std::ranges::count_if(sent, [](const Sent* one) { return one->result == 1; });
  EXPECT_EQ(one_.heard().size(), static_cast<std::size_t>(2 * count));
}

}  // namespace
}  // namespace socketserver::testing
