// Timeouts and deadlines, in both ways of waiting: the kernel's own, and through a Waiter.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>

#include "net/sockets.hpp"
#include "socketserver/net/platform.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

// The kernel counts SO_RCVTIMEO in ticks of up to 10 ms (HZ=100), the first of which is partly gone.
constexpr auto kTick = 10ms;
// Far more than a busy machine adds, far less than for ever.
constexpr auto kLate = 20s;

class PollWaiter : public Waiter {
 public:
  int wait(std::span<pollfd> fds, Deadline deadline) override { return wait_in_poll(fds, deadline); }
};

enum class Way { kKernel, kWaiter };

class SocketTimeout : public ::testing::TestWithParam<Way> {
 protected:
  SocketTimeout() : scope_(GetParam() == Way::kWaiter ? &waiter_ : nullptr) {}

  /// `body` ends with a TimeoutError of `call` once `timeout` has passed.
  template <class Body>
  static void expect_timeout(Clock::duration timeout, const std::string& call, Body body) {
    std::string message;
    const auto took = time_of([&] { message = message_of<TimeoutError>(body); });
    EXPECT_TRUE(message.starts_with(call + " ") && message.ends_with(": Connection timed out")) << message;
    EXPECT_GE(took, timeout - kTick);
    EXPECT_LT(took, kLate);
  }

  PollWaiter waiter_;
  WaiterScope scope_;
  Pair pair_ = tcp_pair();
  Socket &ours_ = pair_.ours, &theirs_ = pair_.theirs;
};

INSTANTIATE_TEST_SUITE_P(In, SocketTimeout, ::testing::Values(Way::kKernel, Way::kWaiter),
                         [](const auto& way) { return way.param == Way::kKernel ? "Kernel" : "Waiter"; });

TEST_P(SocketTimeout, ends_recv) {
  ours_.settimeout(50ms);
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
  char byte[1];
  expect_timeout(50ms, "recv", [&] { ours_.recv_into(byte); });
  expect_timeout(50ms, "recvfrom", [&] { ours_.recvfrom(1); });
  theirs_.sendall("later");
  EXPECT_EQ(ours_.recv(10), "later");  // and the connection goes on
}

TEST_P(SocketTimeout, ends_send_and_sendall) {
  ours_.settimeout(50ms);
  fill(ours_);
  // The peer's kernel may make some more room by and by.
  expect_timeout(50ms, "send", [&] {
    for (;;) ours_.send(std::string(1 << 20, 'x'));
  });
  expect_timeout(50ms, "send", [&] {
    for (;;) ours_.sendall(std::string(1 << 20, 'x'));
  });
}

TEST_P(SocketTimeout, ends_sendto) {
  const TemporaryDirectory directory;
  Socket receiver = Socket::udp(), sender = Socket::udp();
  receiver.bind(directory / "s");
  sender.settimeout(50ms);
  expect_timeout(50ms, "sendto", [&] {
    for (;;) sender.sendto(std::string(1000, 'x'), receiver.getsockname());
  });
}

TEST_P(SocketTimeout, ends_accept) {
  Socket listener = tcp_listener();
  listener.settimeout(50ms);
  EXPECT_EQ(message_of<TimeoutError>([&] { listener.accept(); }), "accept: Connection timed out");
}

// settimeout() after listen() made the listener block in accept(2) once, for ever.
TEST_P(SocketTimeout, set_on_a_listener_does_not_make_it_block_in_the_kernel) {
  Socket listener = tcp_listener();
  for (const Timeout timeout : {Timeout(1ms), Timeout(0ns), Timeout()}) {
    listener.settimeout(timeout);
    EXPECT_NE(::fcntl(listener.fileno(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_FALSE(listener.accept_pending());
  }
  Socket adopted(listener.detach());
  adopted.settimeout(1ms);
  EXPECT_THROW(adopted.accept(), TimeoutError);
}

TEST_P(SocketTimeout, of_zero_does_not_wait_at_all) {
  Socket listener = tcp_listener();
  for (Socket* socket : {&ours_, &listener}) {
    socket->settimeout(0ns);
    EXPECT_EQ(socket->gettimeout(), 0ns);
  }
  EXPECT_THROW(ours_.recv(1), BlockingIOError);
  EXPECT_THROW(ours_.recvfrom(1), BlockingIOError);
  EXPECT_THROW(listener.accept(), BlockingIOError);
  EXPECT_THROW(for (;;) ours_.send(std::string(1 << 20, 'x')), BlockingIOError);
  EXPECT_THROW(for (;;) ours_.sendall(std::string(1 << 20, 'x')), BlockingIOError);
}

TEST_P(SocketTimeout, can_be_changed_and_taken_back) {
  EXPECT_EQ(ours_.gettimeout(), std::nullopt);
  ours_.setblocking(false);
  EXPECT_THROW(ours_.recv(1), BlockingIOError);
  ours_.settimeout(20ms);
  EXPECT_THROW(ours_.recv(1), TimeoutError);
  ours_.settimeout(1h);
  ours_.settimeout(40ms);
  expect_timeout(40ms, "recv", [&] { ours_.recv(1); });
  ours_.setblocking(true);
  EXPECT_EQ(ours_.gettimeout(), std::nullopt);
  std::thread later([&] { wait_any({}, Deadline::after(100ms)), theirs_.sendall("x"); });
  EXPECT_EQ(ours_.recv(1), "x");
  later.join();
}

TEST_P(SocketTimeout, is_not_prolonged_by_signals) {
  const SignalStorm storm;
  ours_.settimeout(100ms);
  expect_timeout(100ms, "recv", [&] { ours_.recv(1); });
  fill(ours_);
  expect_timeout(100ms, "send", [&] { ours_.sendall(std::string(1 << 20, 'x')); });
}

TEST_P(SocketTimeout, shorter_than_the_kernel_can_count_still_passes) {
  ours_.settimeout(1ns);
  expect_timeout(1ns, "recv", [&] { ours_.recv(1); });
}

// ---- deadlines ----

TEST_P(SocketTimeout, first_byte_counts_for_the_first_recv_only) {
  ours_.set_deadlines({.first_byte = 50ms, .read = {}, .idle = {}, .write = {}, .request = {}});
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
  theirs_.sendall("x");
  ours_.recv(1);
  std::thread later([&] { wait_any({}, Deadline::after(100ms)), theirs_.sendall("y"); });
  EXPECT_EQ(ours_.recv(1), "y");
  later.join();
}

TEST_P(SocketTimeout, read_counts_once_something_has_begun) {
  ours_.set_deadlines({.first_byte = 1h, .read = 50ms, .idle = 1h, .write = 1h, .request = {}});
  theirs_.sendall("begun");
  EXPECT_EQ(ours_.recv(5), "begun");
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
}

TEST_P(SocketTimeout, idle_counts_after_an_answer) {
  ours_.set_deadlines({.first_byte = 1h, .read = 1h, .idle = 50ms, .write = 1h, .request = {}});
  theirs_.sendall("question");
  ours_.recv(100);
  ours_.sendall("answer");
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
}

TEST_P(SocketTimeout, idle_counts_after_a_message_that_needs_no_answer) {
  ours_.set_deadlines({.first_byte = 1h, .read = 1h, .idle = 50ms, .write = 1h, .request = {}});
  theirs_.sendall("statement");
  ours_.recv(100);
  ours_.end_message();
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
}

TEST_P(SocketTimeout, first_byte_counts_although_no_message_ended) {
  ours_.set_deadlines({.first_byte = 50ms, .read = 1h, .idle = 1h, .write = 1h, .request = {}});
  ours_.end_message();
  expect_timeout(50ms, "recv", [&] { ours_.recv(1); });
}

TEST_P(SocketTimeout, write_starts_anew_whenever_the_peer_takes_something) {
  // Longer than the reader may be kept from running on a busy machine.
  ours_.set_deadlines({.first_byte = 1h, .read = 1h, .idle = 1h, .write = 1s, .request = {}});
  std::atomic<bool> over{false};
  std::thread reader([&] {  // slow, but never for as long as the deadline
    while (!over) {
      if (wait_readable(theirs_.fileno(), Deadline::after(1ms))) theirs_.recv(1 << 20);
    }
  });
  const std::string block(1 << 20, 'x');
  for (const Deadline end = Deadline::after(1500ms); !end.expired();) ours_.sendall(block);
  over = true;
  reader.join();
  expect_timeout(1s, "send", [&] {
    for (;;) ours_.sendall(block);
  });
}

TEST_P(SocketTimeout, request_ends_whatever_call_waits) {
  const auto begin = Clock::now();
  ours_.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 80ms});
  expect_timeout(0ms, "recv", [&] { ours_.recv(1); });
  EXPECT_GE(Clock::now() - begin, 80ms);  // ours, not the kernel's clock
  expect_timeout(0ms, "send", [&] { ours_.sendall("x"); });
  expect_timeout(0ms, "recv", [&] { ours_.recv(1); });
}

TEST_P(SocketTimeout, request_ends_a_peer_that_trickles) {
  std::atomic<bool> over{false};
  std::thread peer([&] {
    while (!over) theirs_.send("."), wait_any({}, Deadline::after(10ms));
  });
  expect_timeout(200ms, "recv", [&] {
    ours_.set_deadlines({.first_byte = 1h, .read = 1h, .idle = 1h, .write = 1h, .request = 200ms});
    for (;;) ours_.recv(1);
  });
  over = true;
  peer.join();
}

// It passed unnoticed once as long as there was always something to read, or room to write.
TEST_P(SocketTimeout, request_ends_a_peer_that_never_makes_us_wait) {
  std::thread flood([&] {
    const std::string block(1 << 16, 'x');
    try {
      for (;;) theirs_.sendall(block);
    } catch (const ConnectionError&) {
    }
  });
  std::string buffer(100, '\0');
  expect_timeout(100ms, "recv", [&] {
    ours_.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 100ms});
    for (;;) ours_.recv_into(buffer);
  });
  ours_.close();
  flood.join();
}

TEST_P(SocketTimeout, request_can_be_set_anew) {
  ours_.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 1ms});
  expect_timeout(0ms, "recv", [&] { ours_.recv(1); });
  ours_.set_deadlines({});
  theirs_.sendall("x");
  EXPECT_EQ(ours_.recv(1), "x");
}

// After a short deadline the kernel woke a waiting recv every millisecond once, until a later and longer
// deadline.
TEST_P(SocketTimeout, of_an_earlier_deadline_does_not_make_a_later_one_spin) {
  ours_.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 3ms});
  EXPECT_THROW(ours_.recv(1), TimeoutError);
  ours_.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 500ms});
  rusage before{}, after{};
  ::getrusage(RUSAGE_THREAD, &before);
  EXPECT_THROW(ours_.recv(1), TimeoutError);
  ::getrusage(RUSAGE_THREAD, &after);
  EXPECT_LT(after.ru_nvcsw - before.ru_nvcsw, 60);  // halving 500 ms down to 1 ms takes nine
}

/// Ends waits for room as if their time were up, after the peer has taken `bytes` each time.
class SlowPeer : public Waiter {
 public:
  SlowPeer(Socket& peer, std::size_t bytes) : peer_(peer), bytes_(bytes) {}
  int wait(std::span<pollfd> fds, Deadline) override {
    if (fds.empty() || fds[0].events != POLLOUT) return 0;
    ++waits;
    const WaiterScope kernel(nullptr);
    if (bytes_ > 0) peer_.recv(bytes_);
    return 0;
  }
  int waits = 0;

 private:
  Socket& peer_;
  std::size_t bytes_;
};

// The kernel tells of room only once much of it is free: slow downloads were cut off.
TEST(SocketTimeoutOfSend, StartsAnewWheneverThePeerTookSomething) {
  Pair pair = unix_pair();
  if (platform::unacknowledged(pair.ours.fileno()) < 0) GTEST_SKIP() << "the system does not tell";
  const std::size_t filled = fill(pair.ours);
  SlowPeer slow(pair.theirs, 65536);
  {
    const WaiterScope scope(&slow);
    pair.ours.settimeout(1s);
    pair.ours.sendall(std::string(filled, 'y'));
  }
  EXPECT_GT(slow.waits, 1);
  SlowPeer stopped(pair.theirs, 0);
  fill(pair.ours);
  const WaiterScope scope(&stopped);
  EXPECT_THROW(pair.ours.send("z"), TimeoutError);
  EXPECT_EQ(stopped.waits, 1);
}

}  // namespace
}  // namespace socketserver::testing
