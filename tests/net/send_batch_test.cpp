// Datagrams sent several at a time.
#include "socketserver/net/send_batch.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
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

  /// The same to an address.
  const Sent& add_to(const Socket& from, const Address& to, std::string text) {
    Note& note = notes_.emplace_back(std::move(text));
    note.message.msg_name = const_cast<sockaddr*>(to.data());
    note.message.msg_namelen = to.size();
    batch_.add(from.fileno(), note.message, MSG_DONTWAIT, note.sent);
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

/// Where the system can, datagrams in a row to one address and of one size take the way together.
class UdpSendBatchTest : public SendBatchTest, public ::testing::WithParamInterface<const char*> {
 protected:
  struct Receiver {
    explicit Receiver(const Address& at) {
      socket.bind(at);
      socket.settimeout(std::chrono::seconds(20));
    }
    Address address() const { return socket.getsockname(); }
    /// The next datagrams, in the order in which they came.
    std::deque<std::string> next(std::size_t count) {
      std::deque<std::string> all;
      while (all.size() < count) all.push_back(socket.recv(65'536));
      return all;
    }
    Socket socket = Socket::udp();
  };
  using Datagrams = std::deque<std::string>;

  Receiver sender_{{GetParam(), 0}}, one_{{GetParam(), 0}}, other_{{GetParam(), 0}};
  const Address to_one_ = one_.address(), to_other_ = other_.address();
};
INSTANTIATE_TEST_SUITE_P(Families, UdpSendBatchTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& family) { return family.index == 0 ? "ipv4" : "ipv6"; });

TEST_P(UdpSendBatchTest, keeps_apart_and_in_order_what_goes_the_same_way) {
  Datagrams wanted;
  while (!batch_.full()) {
    wanted.push_back("message " + std::to_string(10 + batch_.size()));
    add_to(sender_.socket, to_one_, wanted.back());
  }
  batch_.send();
  EXPECT_EQ(one_.next(wanted.size()), wanted);
  for (const Note& note : notes_) EXPECT_EQ(note.sent.result, static_cast<ssize_t>(note.text.size()));
}

TEST_P(UdpSendBatchTest, delivers_whatever_sizes_and_addresses_come_in_a_row) {
  const std::string long_one(1232, 'l'), longer(1233, 'm'), longest(30'000, 'n');
  const Datagrams to_one{"a", "b", "cc", "", "", longest, longest, longer, longer, long_one, long_one, "d"};
  for (const std::string& text : to_one) add_to(sender_.socket, to_one_, text);
  add_to(sender_.socket, to_other_, "e"), add_to(sender_.socket, to_other_, "f");
  add_to(sender_.socket, to_one_, "g"), add_to(sender_.socket, to_other_, "h");
  batch_.send();
  EXPECT_EQ(one_.next(13), (Datagrams{"a", "b", "cc", "", "", longest, longest, longer, longer, long_one,
                                      long_one, "d", "g"}));
  EXPECT_EQ(other_.next(3), (Datagrams{"e", "f", "h"}));
  for (const Note& note : notes_) EXPECT_EQ(note.sent.result, static_cast<ssize_t>(note.text.size()));
}

#if defined(__linux__) && !defined(SOCKETSERVER_PORTABLE)
// Who asks for it gets what went together in one piece, udp(7).
TEST_P(UdpSendBatchTest, sends_together_what_goes_the_same_way) {
  constexpr int kReceiveTogether = 104;  // UDP_GRO
  const int on = 1;
  if (::setsockopt(one_.socket.fileno(), IPPROTO_UDP, kReceiveTogether, &on, sizeof on) != 0)
    GTEST_SKIP() << "the kernel cannot";
  for (const char* text : {"one", "two", "six"}) add_to(sender_.socket, to_one_, text);
  batch_.send();
  EXPECT_EQ(one_.next(1), Datagrams{"onetwosix"});
}

// The kernel cuts nothing up whose checksums it may not make.
TEST_P(UdpSendBatchTest, sends_each_for_itself_where_they_cannot_go_together) {
  sender_.socket.setsockopt(SOL_SOCKET, SO_NO_CHECK, 1);
  for (const char* text : {"one", "two", "six"}) add_to(sender_.socket, to_one_, text);
  batch_.send();
  EXPECT_EQ(one_.next(3), (Datagrams{"one", "two", "six"}));
  for (const Note& note : notes_) EXPECT_EQ(note.sent.result, 3);
}

// Such a socket cuts up each message for itself.
TEST_P(UdpSendBatchTest, leaves_alone_what_the_socket_is_told_to_cut_up) {
  constexpr int kCutUp = 103;  // UDP_SEGMENT
  const int size = 2;
  if (::setsockopt(sender_.socket.fileno(), IPPROTO_UDP, kCutUp, &size, sizeof size) != 0)
    GTEST_SKIP() << "the kernel cannot";
  add_to(sender_.socket, to_one_, "1234"), add_to(sender_.socket, to_one_, "5678");
  batch_.send();
  EXPECT_EQ(one_.next(4), (Datagrams{"12", "34", "56", "78"}));
}
#endif

TEST_P(UdpSendBatchTest, goes_without_those_that_are_more_than_bytes_and_an_address) {
  Note& first = notes_.emplace_back("12");
  std::array<iovec, 2> pieces{{{first.text.data(), 1}, {first.text.data() + 1, 1}}};
  first.message = {const_cast<sockaddr*>(to_one_.data()), to_one_.size(), pieces.data(), 2, nullptr, 0, 0};
  batch_.add(sender_.socket.fileno(), first.message, MSG_DONTWAIT, first.sent);
  add_to(sender_.socket, to_one_, "3"), add_to(sender_.socket, to_one_, "4");
  batch_.send();
  EXPECT_EQ(one_.next(3), (Datagrams{"12", "3", "4"}));
  EXPECT_EQ(first.sent.result, 2);
}

TEST_P(UdpSendBatchTest, tells_a_failure_to_each_that_went_with_it) {
  const Address nowhere(GetParam(), 0);
  add_to(sender_.socket, to_one_, "a"), add_to(sender_.socket, to_one_, "b");
  const Sent& first = add_to(sender_.socket, nowhere, "c");
  const Sent& second = add_to(sender_.socket, nowhere, "d");
  add_to(sender_.socket, to_one_, "e"), add_to(sender_.socket, to_one_, "f");
  batch_.send();
  EXPECT_EQ(one_.next(4), (Datagrams{"a", "b", "e", "f"}));
  EXPECT_EQ(first.error, EINVAL);
  EXPECT_EQ(second.error, EINVAL);
}

}  // namespace
}  // namespace socketserver::testing
