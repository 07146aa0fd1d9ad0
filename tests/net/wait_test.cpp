// Waiting, and the seam through which something else waits.
#include "socketserver/net/wait.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <vector>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Waits by doing what the caller waits for: in a test of one thread, whatever blocks elsewhere hangs.
class HelpfulWaiter : public Waiter {
 public:
  explicit HelpfulWaiter(std::function<void()> help) : help_(std::move(help)) {}
  int wait(std::span<pollfd> fds, Deadline deadline) override {
    ++waits;
    last_deadline = deadline;
    const WaiterScope own_calls_wait_in_the_kernel(nullptr);
    for (;;) {
      help_();
      const int ready = wait_in_poll(fds, Deadline::now());
      if (ready > 0 || deadline.expired()) return ready;
    }
  }
  int waits = 0;
  Deadline last_deadline;

 private:
  std::function<void()> help_;
};

TEST(Wait, tells_which_descriptor_is_ready_for_what) {
  Pair quiet = unix_pair(), loud = unix_pair();
  loud.theirs.sendall("x");
  pollfd fds[] = {{quiet.ours.fileno(), POLLIN, 0}, {-1, POLLIN, 0}, {loud.ours.fileno(), POLLIN, 0}};
  EXPECT_EQ(wait_any(fds, Deadline::after(kWatchdog)), 1);
  EXPECT_EQ(fds[0].revents, 0);
  EXPECT_EQ(fds[1].revents, 0);
  EXPECT_EQ(fds[2].revents, POLLIN);
}

TEST(Wait, ends_at_the_deadline_and_not_before) {
  Pair pair = unix_pair();
  EXPECT_GE(time_of([&] { EXPECT_FALSE(wait_readable(pair.ours.fileno(), Deadline::after(30ms))); }), 30ms);
  EXPECT_GE(time_of([&] { EXPECT_EQ(wait_any({}, Deadline::after(30ms)), 0); }), 30ms);
  EXPECT_FALSE(wait_readable(pair.ours.fileno(), Deadline::now()));
  EXPECT_TRUE(wait_writable(pair.ours.fileno(), Deadline::now()));
}

TEST(Wait, counts_a_hang_up_as_ready) {
  Pair pair = unix_pair();
  pair.theirs.close();
  EXPECT_TRUE(wait_readable(pair.ours.fileno(), Deadline::never()));
}

TEST(Wait, is_neither_cut_nor_prolonged_by_signals) {
  Pair pair = unix_pair();
  const SignalStorm storm;
  const auto waited =
      time_of([&] { EXPECT_FALSE(wait_readable(pair.ours.fileno(), Deadline::after(100ms))); });
  EXPECT_GE(waited, 100ms);
  EXPECT_LT(waited, 10s);
  EXPECT_GT(storm.signals(), 3);
}

TEST(Wait, throws_what_poll_fails_with) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{50, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::vector<pollfd> more_than_may_be_open(100, pollfd{-1, POLLIN, 0});
  EXPECT_EQ(message_of<OSError>([&] { wait_any(more_than_may_be_open, Deadline::now()); }),
            "poll: Invalid argument");
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(WaiterScope, nests_and_belongs_to_its_thread) {
  HelpfulWaiter outer([] {}), inner([] {});
  EXPECT_EQ(current_waiter, nullptr);
  {
    const WaiterScope first(&outer);
    EXPECT_EQ(current_waiter, &outer);
    {
      const WaiterScope second(&inner);
      EXPECT_EQ(current_waiter, &inner);
      const WaiterScope none(nullptr);
      EXPECT_EQ(current_waiter, nullptr);
    }
    EXPECT_EQ(current_waiter, &outer);
    std::thread([] { EXPECT_EQ(current_waiter, nullptr); }).join();
  }
  EXPECT_EQ(current_waiter, nullptr);
}

TEST(Waiter, is_asked_only_when_there_is_nothing_yet) {
  Pair pair = unix_pair();
  HelpfulWaiter waiter([] {});
  const WaiterScope scope(&waiter);
  pair.theirs.sendall("there");
  EXPECT_EQ(pair.ours.recv(10), "there");
  EXPECT_EQ(waiter.waits, 0);
}

// A handler that never had to wait never came back to its Waiter once.
TEST(Waiter, gets_its_turn_although_there_is_always_something) {
  Pair pair = unix_pair();
  pair.theirs.sendall(std::string(10'000, 'x'));
  HelpfulWaiter waiter([] {});
  const WaiterScope scope(&waiter);
  for (int i = 0; i < 10'000; ++i) pair.ours.recv(1);
  EXPECT_GE(waiter.waits, 10);
  EXPECT_LE(waiter.waits, 1000);
  EXPECT_TRUE(waiter.last_deadline.expired());
}

TEST(Waiter, waits_for_every_way_to_receive) {
  Pair pair = unix_pair();
  HelpfulWaiter waiter([&] { pair.theirs.sendall("x"); });
  const WaiterScope scope(&waiter);
  char byte[1];
  EXPECT_EQ(pair.ours.recv(1), "x");
  EXPECT_EQ(pair.ours.recv_into(byte), 1u);
  EXPECT_EQ(pair.ours.recvfrom(1).first, "x");
  EXPECT_EQ(pair.ours.recvfrom_into(byte).first, 1u);
  EXPECT_EQ(waiter.waits, 4);
}

/// Ends every wait before its time.
class ImpatientWaiter : public Waiter {
 public:
  int wait(std::span<pollfd>, Deadline) override { return ++waits, 0; }
  int waits = 0;
};

// Room for a datagram of a Unix socket cannot be waited for, only looked for again: it went on at full speed.
TEST(Waiter, that_ends_a_wait_ends_the_call) {
  Socket sender(AF_UNIX, SOCK_DGRAM);
  const TemporaryDirectory directory;
  Socket deaf(AF_UNIX, SOCK_DGRAM);
  const Address address(directory / "deaf");
  deaf.bind(address);
  const auto fill = [&] {
    for (;;) sender.sendto("x", address, MSG_DONTWAIT);
  };
  EXPECT_THROW(fill(), BlockingIOError);
  ImpatientWaiter waiter;
  const WaiterScope scope(&waiter);
  EXPECT_THROW(sender.sendto("x", address), TimeoutError);
  EXPECT_EQ(waiter.waits, 1);
}

TEST(Waiter, waits_for_every_way_to_send) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    Pair pair = unix_pair(type);
    std::string drained(1 << 20, '\0');
    HelpfulWaiter waiter([&] {
      while (::recv(pair.theirs.fileno(), drained.data(), drained.size(), MSG_DONTWAIT) > 0) {
      }
    });
    const WaiterScope scope(&waiter);
    fill(pair.ours);
    EXPECT_EQ(pair.ours.send("abc"), 3u);
    EXPECT_EQ(waiter.waits, 1);
    fill(pair.ours);
    pair.ours.sendall(std::string(1000, 'y'));
    EXPECT_EQ(waiter.waits, 2);
  }
}

TEST(Waiter, waits_for_a_whole_sendall) {
  Pair pair = unix_pair();
  std::string got;
  HelpfulWaiter waiter([&] { got += pair.theirs.recv(100'000); });
  const WaiterScope scope(&waiter);
  const std::string much(3 << 20, 'z');
  pair.ours.sendall(much);
  pair.ours.close();
  for (std::string more; !(more = pair.theirs.recv(1 << 20)).empty();) got += more;
  EXPECT_TRUE(got == much);
  EXPECT_GT(waiter.waits, 1);
}

TEST(Waiter, waits_for_a_client) {
  Socket listener = tcp_listener();
  Socket client;
  HelpfulWaiter waiter([&] { client = create_connection(listener.getsockname()); });
  const WaiterScope scope(&waiter);
  const Address from = listener.accept().second;
  EXPECT_EQ(from, client.getsockname());
  EXPECT_EQ(waiter.waits, 1);
}

TEST(Waiter, waits_for_room_in_the_backlog_of_a_Unix_socket) {
  const TemporaryDirectory directory;
  Socket listener = Socket::tcp();
  listener.bind(directory / "s");
  listener.listen(0);
  std::vector<Socket> accepted;
  Socket first = create_connection(Address(directory / "s"));
  HelpfulWaiter waiter([&] {
    if (auto one = listener.accept_pending()) accepted.emplace_back(std::move(one->first));
  });
  const WaiterScope scope(&waiter);
  Socket second = create_connection(Address(directory / "s"));
  EXPECT_GE(waiter.waits, 1);
}

TEST(Waiter, is_told_the_deadline) {
  Pair pair = unix_pair();
  HelpfulWaiter waiter([] {});
  const WaiterScope scope(&waiter);
  pair.ours.settimeout(20ms);
  const auto begin = Clock::now();
  EXPECT_THROW(pair.ours.recv(1), TimeoutError);
  EXPECT_GE(waiter.last_deadline.time(), begin + 20ms);
  EXPECT_LT(waiter.last_deadline.time(), Clock::now() + 20ms);
}

}  // namespace
}  // namespace socketserver::testing
