// The portable half of net/platform*.cpp, which no other build on Linux compiles: it and Wakeup once more,
// under names of their own.
#if !defined(SOCKETSERVER_PORTABLE)
#define SOCKETSERVER_PORTABLE
#endif
#define platform portable_platform
#define Wakeup PortableWakeup
#include "socketserver/net/platform.cpp"
#include "socketserver/net/platform_datagrams.cpp"
#include "socketserver/net/wakeup.cpp"
#undef Wakeup
#undef platform

#include <gtest/gtest.h>
#include <sys/uio.h>

#include "net/open_promises.hpp"
#include "net/sockets.hpp"
#include "net/wakeup_promises.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver::testing {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Portable, WakeupPromises, PortableWakeup);

bool closed_on_exec(const Fd& fd) { return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0; }
bool blocking(const Fd& fd) { return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0; }

TEST(PortablePlatform, makes_sockets_that_block_and_are_closed_on_exec) {
  const Fd fd(portable_platform::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_TRUE(closed_on_exec(fd));
  EXPECT_TRUE(blocking(fd));
}

// Where accepted sockets inherit O_NONBLOCK from the listener (the BSDs), recv would fail with EAGAIN.
TEST(PortablePlatform, accepts_sockets_that_block_and_are_closed_on_exec) {
  Socket listener = Socket::tcp();
  listener.bind({"127.0.0.1", 0});
  listener.listen();
  const Socket client = create_connection(listener.getsockname());
  Address peer;
  socklen_t size = Address::capacity;
  const Fd fd(portable_platform::accept(listener.fileno(), peer.data(), &size));
  peer.set_size(size);
  EXPECT_EQ(peer, client.getsockname());
  EXPECT_TRUE(closed_on_exec(fd));
  EXPECT_TRUE(blocking(fd));
}

TEST(PortablePlatform, makes_pairs_of_sockets_closed_on_exec) {
  const auto pair = portable_platform::socket_pair();
  EXPECT_TRUE(closed_on_exec(pair.one));
  EXPECT_TRUE(closed_on_exec(pair.other));
  ASSERT_EQ(::send(pair.one.get(), "x", 1, MSG_NOSIGNAL), 1);
  char got = 0;
  EXPECT_EQ(::recv(pair.other.get(), &got, 1, 0), 1);
}

TEST(PortablePlatform, sends_messages_up_to_one_that_fails) {
  Pair pair = unix_pair(SOCK_DGRAM);
  std::string text = "ab", too_long(10'000'000, 'x');
  iovec bytes[] = {{text.data(), 1}, {text.data(), 2}, {too_long.data(), too_long.size()}};
  portable_platform::Message messages[3]{};
  for (int i = 0; i < 3; ++i) messages[i].header.msg_iov = &bytes[i], messages[i].header.msg_iovlen = 1;
  ASSERT_EQ(portable_platform::send_messages(pair.ours.fileno(), messages, 3, MSG_DONTWAIT), 2);
  EXPECT_EQ(messages[1].length, 2U);
  EXPECT_EQ(pair.theirs.recv(10), "a");
  EXPECT_EQ(pair.theirs.recv(10), "ab");
  EXPECT_EQ(portable_platform::send_messages(pair.ours.fileno(), &messages[2], 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EMSGSIZE);
}

TEST(PortablePlatform, says_minus_one_and_errno) {
  EXPECT_EQ(portable_platform::socket(-1, SOCK_STREAM, 0), -1);
  EXPECT_EQ(errno, EAFNOSUPPORT);
  EXPECT_EQ(portable_platform::accept(-1, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST(PortablePlatform, opens_nothing_outside) { expect_nothing_outside(portable_platform::open_beneath); }

TEST(PortablePlatform, has_no_descriptor_of_a_child) { EXPECT_FALSE(portable_platform::watch_child(1)); }

TEST(PortablePlatform, wakes_through_two_ends_closed_on_exec_that_do_not_block) {
  const auto ends = portable_platform::wakeup_ends();
  for (const Fd* fd : {&ends.read, &ends.write}) {
    EXPECT_TRUE(closed_on_exec(*fd));
    EXPECT_FALSE(blocking(*fd));
  }
}

TEST(PortablePlatform, receives_the_messages_that_wait) {
  Pair pair = unix_pair(SOCK_DGRAM);
  char bytes[3][4];
  iovec buffers[3];
  portable_platform::Message messages[3]{};
  for (int i = 0; i < 3; ++i) {
    buffers[i] = {bytes[i], sizeof bytes[i]};
    messages[i].header.msg_iov = &buffers[i];
    messages[i].header.msg_iovlen = 1;
  }
  EXPECT_EQ(portable_platform::receive_pending(pair.ours.fileno(), messages, 3), -1);
  EXPECT_EQ(errno, EAGAIN);
  pair.theirs.send("one");
  pair.theirs.send("three");
  EXPECT_EQ(portable_platform::receive_pending(pair.ours.fileno(), messages, 3), 2);
  EXPECT_EQ(std::string(bytes[0], messages[0].length), "one");
  EXPECT_EQ(std::string(bytes[1], messages[1].length), "thre");
  EXPECT_NE(messages[1].header.msg_flags & MSG_TRUNC, 0);
}

TEST(PortablePlatform, fills_with_random_bytes) {
  std::string one(64, '\0'), other = one;
  portable_platform::fill_random(one);
  portable_platform::fill_random(other);
  EXPECT_NE(one, other);
  EXPECT_NE(one.substr(32), std::string(32, '\0'));
}

}  // namespace
}  // namespace socketserver::testing
