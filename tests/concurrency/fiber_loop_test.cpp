// Fibers and their event loop, alone, over epoll and over poll.
#include "socketserver/concurrency/fiber_loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

class Call : public FiberBody {
 public:
  explicit Call(std::function<void()>&& call) noexcept : call_(std::move(call)) {}
  void run() noexcept override { call_(); }

 private:
  std::function<void()> call_;
};

class FiberLoopTest : public ::testing::TestWithParam<std::string> {
 protected:
  ~FiberLoopTest() override { EXPECT_TRUE(loop_.join_all(Deadline::after(kWatchdog))); }
  void start(std::function<void()> call) { loop_.start<Call>(std::move(call)); }
  void join() { ASSERT_TRUE(loop_.join_all(Deadline::after(kWatchdog))); }

  FiberLoop loop_{FiberLoop::kStackSize, GetParam() == "poll" ? make_portable_poller() : make_poller()};
  const WaiterScope scope_{&loop_};
};

INSTANTIATE_TEST_SUITE_P(Over, FiberLoopTest, ::testing::Values("best", "poll"),
                         [](const auto& one) { return one.param; });

TEST_P(FiberLoopTest, runs_fibers_in_turn) {
  std::string order;
  for (const char name : {'a', 'b', 'c'})
    start([&, name] {
      for (int i = 0; i < 3; ++i) order += name, loop_.yield();
    });
  join();
  EXPECT_EQ(order, "abcabcabc");
}

// epoll refuses it, as all files.
TEST_P(FiberLoopTest, waits_as_poll_does_for_what_never_changes) {
  start([] {
    const Fd null(::open("/dev/null", O_RDONLY));
    std::array<pollfd, 1> fds{{{null.get(), 0, 0}}};
    EXPECT_EQ(wait_any(fds, Deadline::after(1ms)), 0);
  });
  join();
}

TEST_P(FiberLoopTest, sleeps_in_the_order_of_deadlines) {
  std::string order;
  for (const int ms : {30, 10, 20})
    start([&, ms] {
      wait_any({}, Deadline::after(std::chrono::milliseconds(ms)));
      order += static_cast<char>('0' + ms / 10);
    });
  join();
  EXPECT_EQ(order, "123");
}

std::chrono::nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

TEST_P(FiberLoopTest, waits_beside_a_half_closed_peer_without_turning_round) {
  Pair pair = tcp_pair(), full = tcp_pair();
  pair.theirs.shutdown(SHUT_WR);
  fill(full.ours);
  full.theirs.shutdown(SHUT_WR);
  const auto before = cpu_time();
  constexpr auto kWait = 300ms;
  start([&] {  // for nothing but its end
    pollfd one{pair.ours.fileno(), 0, 0};
    EXPECT_EQ(wait_any({&one, 1}, Deadline::after(kWait)), 0);
  });
  start([&] { EXPECT_FALSE(wait_writable(full.ours.fileno(), Deadline::after(kWait))); });
  join();
  EXPECT_LT(cpu_time() - before, kWait / 2);
}

TEST_P(FiberLoopTest, wakes_all_that_wait_for_room_of_one_socket) {
  Pair pair = tcp_pair();
  fill(pair.ours);
  int sent = 0;
  for (int i = 0; i < 3; ++i)
    start([&] {
      pair.ours.settimeout(kWatchdog);
      pair.ours.sendall("x");
      ++sent;
    });
  start([&] {
    loop_.yield();  // those wait now
    while (sent < 3) pair.theirs.recv(1 << 20);
  });
  join();
  EXPECT_EQ(sent, 3);
}

// Where a connection is kept open by a copy of its descriptor, readiness is told of a number that another
// one has by now.
TEST_P(FiberLoopTest, is_not_fooled_by_the_end_of_a_connection_that_had_the_same_descriptor) {
  Pair old = tcp_pair(), fresh = tcp_pair();
  old.ours.settimeout(1ms);
  start([&] { EXPECT_THROW(old.ours.recv(1), TimeoutError); });
  join();
  const int number = old.ours.fileno();
  const Fd copy(::dup(number));
  old.ours.close();
  Fd moved = fresh.ours.detach();
  ASSERT_EQ(::dup2(moved.get(), number), number);
  moved.reset();
  Socket again{Fd(number)};
  again.settimeout(kWatchdog);
  start([&] { EXPECT_EQ(again.recv(10), "x"); });
  start([&] {
    loop_.yield();
    old.theirs.close();
    for (int i = 0; i < 3; ++i) wait_any({}, Deadline::after(1ms));
    fresh.theirs.send("x");
  });
  join();
}

TEST_P(FiberLoopTest, reads_on_behind_urgent_data) {
  Pair pair = tcp_pair();
  pair.ours.settimeout(kWatchdog);
  std::string heard;
  start([&] {
    while (heard.size() < 6) heard += pair.ours.recv(100);
  });
  start([&] {
    loop_.yield();
    ::send(pair.theirs.fileno(), "abc!", 4, MSG_OOB);
    pair.theirs.send("def");
  });
  join();
  EXPECT_EQ(heard, "abcdef");
}

TEST_P(FiberLoopTest, sends_datagrams_of_many_fibers_in_their_order) {
  Pair pair = unix_pair(SOCK_DGRAM);
  constexpr int kFibers = 50;
  std::string sent, heard;
  for (int i = 0; i < kFibers; ++i)
    start([&, i] {
      const std::string text = std::to_string(i) + ".";
      EXPECT_EQ(pair.ours.sendto(text, {}), text.size());
      sent += text;
    });
  start([&] {
    for (int i = 0; i < kFibers; ++i) heard += pair.theirs.recv(100);
  });
  join();
  EXPECT_EQ(heard, sent);
}

TEST_P(FiberLoopTest, tells_each_fiber_why_its_datagram_was_not_sent) {
  Pair pair = unix_pair(SOCK_DGRAM);
  int errors[2] = {};
  for (int i = 0; i < 2; ++i)
    start([&, i] {
      try {
        pair.ours.sendto(std::string(i == 0 ? 10'000'000 : 1, 'x'), {});
      } catch (const OSError& error) {
        errors[i] = error.errnum();
      }
    });
  join();
  EXPECT_EQ(errors[0], EMSGSIZE);
  EXPECT_EQ(errors[1], 0);
  EXPECT_EQ(pair.theirs.recv(100), "x");
}

TEST_P(FiberLoopTest, sends_a_datagram_however_busy_other_fibers_are) {
  Pair pair = unix_pair(SOCK_DGRAM);
  bool heard = false;
  start([&] {
    const Deadline watchdog = Deadline::after(kWatchdog);
    while (!heard && !watchdog.expired()) loop_.yield();
  });
  start([&] { pair.ours.sendto("x", {}); });
  start([&] { heard = pair.theirs.recv(100) == "x"; });
  join();
  EXPECT_TRUE(heard);
}

TEST_P(FiberLoopTest, suspends_one_fiber_where_a_socket_waits) {
  Pair pair = tcp_pair();
  std::string heard;
  start([&] {
    for (std::string data; !(data = pair.theirs.recv(100)).empty();) heard += data;
  });
  start([&] {
    for (const char* word : {"one ", "two ", "three"}) {
      pair.ours.sendall(word);
      loop_.yield();
    }
    pair.ours.close();
  });
  join();
  EXPECT_EQ(heard, "one two three");
}

TEST_P(FiberLoopTest, sees_an_end_that_came_with_the_last_bytes) {
  for (int round = 0; round < 100; ++round) {
    Pair pair = tcp_pair();
    std::string heard;
    start([&] {
      for (std::string data; !(data = pair.theirs.recv(100)).empty();) heard += data;
    });
    loop_.yield();
    pair.ours.sendall("last");
    pair.ours.close();
    join();
    EXPECT_EQ(heard, "last");
  }
}

TEST_P(FiberLoopTest, moves_much_through_little_room) {
  Pair pair = tcp_pair();
  const std::string much(8 << 20, 'm');
  std::size_t got = 0;
  start([&] {
    std::vector<char> buffer(10'000);
    while (const std::size_t n = pair.theirs.recv_into(buffer)) got += n;
  });
  start([&] {
    pair.ours.sendall(much);
    pair.ours.shutdown(SHUT_WR);
  });
  join();
  EXPECT_EQ(got, much.size());
}

TEST_P(FiberLoopTest, keeps_to_timeouts) {
  Pair pair = tcp_pair();
  start([&] {
    pair.theirs.settimeout(20ms);
    EXPECT_THROW(pair.theirs.recv(1), TimeoutError);
    pair.ours.sendall("x");
    EXPECT_EQ(pair.theirs.recv(1), "x");
  });
  join();
}

TEST_P(FiberLoopTest, waits_for_any_descriptor_several_times_over) {
  Wakeup first, second;
  int woken = 0;
  for (int i = 0; i < 2; ++i)
    start([&] {
      std::array<pollfd, 2> fds{{{first.fileno(), POLLIN, 0}, {second.fileno(), POLLIN, 0}}};
      EXPECT_EQ(wait_any(fds, Deadline::after(kWatchdog)), 1);
      EXPECT_EQ(fds[0].revents, 0);
      EXPECT_NE(fds[1].revents, 0);
      ++woken;
    });
  loop_.yield();
  second.notify();
  join();
  EXPECT_EQ(woken, 2);
}

TEST_P(FiberLoopTest, is_not_confused_by_numbers_of_descriptors_used_again) {
  for (int i = 0; i < 50; ++i) {
    Pair pair = tcp_pair();
    start([&] { EXPECT_EQ(pair.theirs.recv(1), "x"); });
    loop_.yield();
    pair.ours.sendall("x");
    join();
    pair.theirs.close();
    const Wakeup wakeup;  // most likely has the number of the socket
    start([&] { EXPECT_TRUE(wait_readable(wakeup.fileno(), Deadline::after(kWatchdog))); });
    loop_.yield();
    const_cast<Wakeup&>(wakeup).notify();
    join();
  }
}

TEST_P(FiberLoopTest, lets_others_run_beside_one_that_never_has_to_wait) {
  Pair pair = unix_pair();
  std::atomic<bool> over{false};
  start([&] {
    while (!over) {
      pair.ours.sendall("x");
      pair.theirs.recv(1);
    }
  });
  start([&] { over = true; });
  join();
}

TEST_P(FiberLoopTest, connects_without_keeping_others_from_running) {
  Socket listener = tcp_listener();
  std::string heard;
  start([&] { heard = listener.accept().first.recv(100); });
  start([&] { create_connection(listener.getsockname(), kWatchdog).sendall("hello"); });
  join();
  EXPECT_EQ(heard, "hello");
}

TEST_P(FiberLoopTest, looks_names_up_for_a_fiber) {
  std::vector<Address> found;
  std::string error;
  start([&] {
    found = resolve("localhost", 80);
    try {
      resolve("no such host", 80);
    } catch (const gaierror& thrown) {
      error = thrown.what();
    }
  });
  join();
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(found.front().is_loopback());
  EXPECT_NE(error.find("no such host"), std::string::npos);
}

// The runtime keeps what is being caught, and what is in flight, for each thread.
TEST_P(FiberLoopTest, lets_fibers_wait_in_catch_blocks_while_others_throw) {
  int caught = 0;
  for (int i = 0; i < 20; ++i)
    start([&, i] {
      for (int n = 0; n < 10; ++n) {
        try {
          throw std::runtime_error(std::to_string(i));
        } catch (const std::runtime_error&) {
          loop_.yield();
          try {
            throw;
          } catch (const std::runtime_error& again) {
            loop_.yield();
            EXPECT_EQ(again.what(), std::to_string(i));
            ++caught;
          }
        }
      }
    });
  join();
  EXPECT_EQ(caught, 200);
}

TEST_P(FiberLoopTest, runs_thousands_and_uses_their_stacks_again) {
  for (int round = 0; round < 3; ++round) {
    int ran = 0;
    for (int i = 0; i < 5000; ++i)
      start([&] {
        loop_.yield();
        ++ran;
      });
    join();
    EXPECT_EQ(ran, 5000);
  }
}

TEST_P(FiberLoopTest, leaves_the_arguments_alone_where_there_is_no_memory_for_a_stack) {
  FiberLoop greedy(std::size_t{1} << 56);
  std::function<void()> call = [] {};
  EXPECT_THROW(greedy.start<Call>(std::move(call)), OSError);
  EXPECT_TRUE(call);
  EXPECT_EQ(greedy.size(), 0u);
}

[[gnu::noinline]] int recurse(int depth) {
  std::array<volatile char, 1000> frame;
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

TEST(FiberOverflow, ends_the_process_with_a_message) {
  EXPECT_DEATH(
      {
        FiberLoop loop;
        loop.start<Call>([] { recurse(1'000'000); });
        loop.join_all(Deadline::never());
      },
      "more stack than its fiber has");
}

}  // namespace
}  // namespace socketserver::testing
