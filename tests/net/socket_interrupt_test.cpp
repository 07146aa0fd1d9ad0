// interrupt(): ends the waiting of another thread.
#include <gtest/gtest.h>

#include <optional>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Interrupts a socket after a moment in which the caller most likely begins to wait; the promise holds
/// whether it did or not.
class InterruptSoon {
 public:
  explicit InterruptSoon(Socket& socket)
      : thread_([&socket] { wait_any({}, Deadline::after(20ms)), socket.interrupt(); }) {}
  ~InterruptSoon() { thread_.join(); }

 private:
  std::thread thread_;
};

TEST(Interrupt, ends_recv_with_nothing) {
  for (auto* make_pair : kStreamPairs) {
    Pair pair = make_pair();
    const InterruptSoon soon(pair.ours);
    EXPECT_EQ(pair.ours.recv(1), "");
    EXPECT_EQ(pair.ours.recv(1), "");
  }
}

TEST(Interrupt, ends_send_with_BrokenPipeError) {
  for (auto* make_pair : kStreamPairs) {
    Pair pair = make_pair();
    const InterruptSoon soon(pair.ours);
    const std::string block(1 << 20, 'x');
    EXPECT_THROW(for (;;) pair.ours.sendall(block), BrokenPipeError);
    EXPECT_THROW(pair.ours.send("x"), BrokenPipeError);
  }
}

TEST(Interrupt, ends_recv_with_a_timeout_at_once) {
  Pair pair = unix_pair();
  pair.ours.settimeout(kWatchdog);
  const InterruptSoon soon(pair.ours);
  EXPECT_EQ(pair.ours.recv(1), "");
}

TEST(Interrupt, ends_waits_that_come_later) {
  Pair pair = unix_pair();
  pair.ours.interrupt();
  EXPECT_EQ(pair.ours.recv(1), "");
  EXPECT_THROW(pair.ours.sendall("x"), BrokenPipeError);
}

TEST(InterruptReceiving, leaves_what_has_come_and_sending) {
  for (auto* make_pair : kStreamPairs) {
    Pair pair = make_pair();
    pair.theirs.sendall("before");
    EXPECT_TRUE(wait_readable(pair.ours.fileno(), Deadline::after(kWatchdog)));
    pair.ours.interrupt_receiving();
    EXPECT_EQ(pair.ours.recv(100), "before") << "who is about to read it may want the rest, too";
    pair.theirs.sendall("the rest");
    EXPECT_EQ(pair.ours.recv(100), "the rest");
    pair.ours.interrupt_receiving();
    EXPECT_EQ(pair.ours.recv(100), "");
    pair.ours.sendall("answer");
    EXPECT_EQ(pair.theirs.recv(100), "answer");
  }
}

TEST(Interrupt, of_a_closed_socket_does_nothing) {
  Socket().interrupt();
  Pair pair = unix_pair();
  pair.ours.close();
  pair.ours.interrupt();
}

// The number of a descriptor that was just closed may be somebody else's already.
TEST(Interrupt, while_it_closes_never_hits_another_socket) {
  Pair witness = unix_pair();
  for (int i = 0; i < 500; ++i) {
    Pair pair = unix_pair();
    std::thread interrupter([&] { pair.ours.interrupt(); });
    pair.ours.close();
    Pair taker = unix_pair();  // takes the number of the closed one
    interrupter.join();
    taker.ours.sendall("alive");
    ASSERT_EQ(taker.theirs.recv(5), "alive");
  }
  witness.ours.sendall("alive");
  EXPECT_EQ(witness.theirs.recv(5), "alive");
}

TEST(Interrupt, by_several_threads_at_once_while_it_talks) {
  Pair pair = unix_pair();
  std::thread echo([&] {
    try {
      for (std::string data; !(data = pair.theirs.recv(100)).empty();) pair.theirs.sendall(data);
    } catch (const ConnectionError&) {
    }
  });
  std::thread first([&] { pair.ours.interrupt(); }), second([&] { pair.ours.interrupt(); });
  try {
    do pair.ours.sendall("x");
    while (!pair.ours.recv(100).empty());
  } catch (const ConnectionError&) {
  }
  first.join();
  second.join();
  pair.ours.close();
  echo.join();
}

// The descriptor appears with the first address; an interrupt in between raced with that once.
TEST(Interrupt, while_a_socket_gets_its_descriptor_is_no_race) {
  Socket listener = tcp_listener();
  Socket client = Socket::tcp();
  std::thread interrupter([&] { client.interrupt(); });
  client.connect_ex(listener.getsockname());
  interrupter.join();
}

}  // namespace
}  // namespace socketserver::testing
