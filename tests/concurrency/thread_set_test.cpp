// The threads of a server, alone.
#include "socketserver/concurrency/thread_set.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <map>

#include "concurrency/few_processes.hpp"
#include "server/made_up_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Waits for the client's end.
void wait_for_end(Request& request) {
  while (!request.recv(100).empty()) {
  }
}

class ThreadSetTest : public ::testing::Test {
 protected:
  explicit ThreadSetTest(std::chrono::nanoseconds tick = ActiveRequests::kTick) : set_(tick) {}
  ~ThreadSetTest() override { set_.drain(Deadline::now()); }

  /// Starts a thread that runs `handle`; returns the client's end.
  Socket start(std::function<void(Request&)> handle) {
    Pair pair = unix_pair();
    Address client;
    {
      const std::lock_guard lock(mutex_);
      client = Address("client " + std::to_string(handlers_.size()));
      handlers_[client.to_string()] = std::move(handle);
    }
    Request request(std::move(pair.theirs), client);
    set_.start(server_, request, limits_);
    return std::move(pair.ours);
  }

  MadeUpServer server_{
      [this](Request& request, const Address& client, BaseServer&) { handler_of(client)(request); }};
  ThreadSet set_;
  ThreadSet::Limits limits_{.idle = 1ms};

 private:
  std::function<void(Request&)> handler_of(const Address& client) {
    const std::lock_guard lock(mutex_);
    const auto found = handlers_.find(client.to_string());
    if (found == handlers_.end()) return [](Request& request) { request.sendall("x"); };
    return found->second;
  }
  std::mutex mutex_;  // guards handlers_
  std::map<std::string, std::function<void(Request&)>> handlers_;
};

/// Looks after timeouts from 50 ms on, every 5 ms.
class WatchingThreadSet : public ThreadSetTest {
 protected:
  WatchingThreadSet() : ThreadSetTest(5ms) { server_.deadlines.idle = kWatchdog; }
  /// A handler that waits with that timeout and tells what became of it.
  Socket start_waiting(std::promise<std::string>& told, std::chrono::nanoseconds timeout = kWatchdog) {
    return start([&, timeout](Request& request) {
      request.settimeout(timeout);
      try {
        told.set_value("got " + request.recv(100));
      } catch (const TimeoutError& error) {
        request.sendall("too slow");
        told.set_value(error.what());
      }
    });
  }
};

TEST_F(WatchingThreadSet, ends_waits_that_take_too_long) {
  std::promise<std::string> told;
  Socket client = start_waiting(told, 100ms);
  EXPECT_EQ(told.get_future().get(), "recv unix:: Connection timed out");
  EXPECT_EQ(read_all(client), "too slow");
}

TEST_F(WatchingThreadSet, leaves_waits_alone_that_end_in_time) {
  std::promise<std::string> told;
  Socket client = start_waiting(told);
  client.sendall("in time");
  EXPECT_EQ(told.get_future().get(), "got in time");
}

TEST_F(WatchingThreadSet, has_no_thread_of_its_own_once_there_is_nobody) {
  const std::size_t threads = running_threads();
  for (int i = 0; i < 3; ++i) {
    std::promise<std::string> told;
    Socket client = start_waiting(told);
    client.sendall("x");
    EXPECT_EQ(told.get_future().get(), "got x");
    EXPECT_TRUE(eventually([&] { return running_threads() <= threads; }));
  }
}

TEST_F(WatchingThreadSet, drains_while_it_looks) {
  for (int i = 0; i < 100; ++i) {
    std::promise<std::string> told;
    Socket client = start_waiting(told);
    client.close();
    EXPECT_EQ(told.get_future().get(), "got ");
    EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  }
}

TEST_F(ThreadSetTest, completes_a_request_in_a_thread_of_its_own) {
  std::atomic<bool> elsewhere{false}, contained{false};
  Socket client = start([&, here = std::this_thread::get_id()](Request& request) {
    elsewhere = std::this_thread::get_id() != here;
    contained = set_.contains_caller();
    request.sendall("done");
  });
  EXPECT_EQ(read_all(client), "done");
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  EXPECT_TRUE(elsewhere);
  EXPECT_TRUE(contained);
  EXPECT_FALSE(set_.contains_caller());
  EXPECT_EQ(server_.path(), "finish shutdown close ");
}

TEST_F(ThreadSetTest, drains_nothing_at_once) {
  EXPECT_EQ(set_.size(), 0u);
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  EXPECT_EQ(set_.drain(Deadline::now()), 0u);
}

TEST_F(ThreadSetTest, waits_for_those_that_end_before_the_deadline) {
  Socket first = start(wait_for_end), second = start(wait_for_end);
  EXPECT_EQ(set_.size(), 2u);
  std::thread ends([&] {
    wait_any({}, Deadline::after(20ms));  // most likely while drain() waits
    first.close();
    second.close();
  });
  EXPECT_EQ(set_.drain(Deadline::after(kWatchdog)), 0u);
  EXPECT_EQ(set_.size(), 0u);
  ends.join();
}

TEST_F(ThreadSetTest, interrupts_those_left_at_the_deadline_and_counts_them) {
  Socket patient = start(wait_for_end), other = start(wait_for_end), quick = start([](Request&) {});
  EXPECT_TRUE(eventually([&] { return set_.size() == 2; }));
  const auto begin = Clock::now();
  EXPECT_EQ(set_.drain(Deadline::after(50ms)), 2u);
  EXPECT_GE(Clock::now() - begin, 50ms);
  EXPECT_EQ(set_.size(), 0u);
  EXPECT_EQ(patient.recv(1), "");
  EXPECT_EQ(other.recv(1), "");
}

TEST_F(ThreadSetTest, interrupts_a_thread_that_sends_to_nobody) {
  Socket client = start([](Request& request) {
    const std::string block(1 << 20, 'x');
    for (;;) request.sendall(block);
  });
  EXPECT_EQ(client.recv(1), "x");
  EXPECT_EQ(set_.drain(Deadline::now()), 1u);
}

TEST_F(ThreadSetTest, goes_on_waiting_for_a_thread_that_waits_for_something_else) {
  std::atomic<bool> ended{false};
  Wakeup other;
  Socket client = start([&](Request&) {
    wait_readable(other.fileno(), Deadline::never());
    ended = true;
  });
  std::thread helper([&] {
    EXPECT_EQ(client.recv(1), "");  // interrupted: drain() is past its deadline
    other.notify();
  });
  EXPECT_EQ(set_.drain(Deadline::now()), 1u);
  EXPECT_TRUE(ended);
  helper.join();
}

TEST_F(ThreadSetTest, survives_what_handlers_throw) {
  Socket first = start([](Request&) { throw std::runtime_error("ill"); });
  EXPECT_EQ(read_all(first), "");
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  Socket second = start([](Request&) { throw ServerExit(); });
  EXPECT_EQ(read_all(second), "");
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  server_.on_error = [] { throw std::logic_error("worse"); };
  Socket third = start([](Request&) { throw std::runtime_error("ill"); });
  EXPECT_EQ(read_all(third), "");
}

std::size_t virtual_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmSize:") {
      std::size_t kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

// A finished thread that nobody joins keeps its stack: Python's list of threads only grew.
TEST_F(ThreadSetTest, keeps_nothing_of_finished_threads) {
  // One after the other: many at a time would show the memory that the allocator keeps for each.
  const auto serve = [this](int count) {
    for (int i = 0; i < count; ++i) {
      Socket client = start([](Request&) {});
      EXPECT_EQ(client.recv(1), "");
      ASSERT_TRUE(eventually([this] { return set_.size() == 0; }));
    }
  };
  serve(100);
  const std::size_t before = virtual_kib(), threads = running_threads(), descriptors = open_descriptors();
  serve(2000);
  // Of 2000 stacks of 1 MiB, far from a quarter.
  EXPECT_TRUE(eventually([&] { return virtual_kib() < before + 2000 * 1024 / 4; }));
  EXPECT_TRUE(eventually([&] { return running_threads() <= threads; }));
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(ThreadSetTest, leaves_the_request_with_the_caller_when_there_can_be_no_thread) {
  Pair pair = unix_pair();
  Request request(std::move(pair.theirs), Address("client"));
  EXPECT_THROW(set_.start(server_, request, {ThreadSet::kAnyNumber, 1ms, std::size_t{1} << 60}), OSError);
  EXPECT_EQ(set_.size(), 0u);
  EXPECT_FALSE(request.ended());
  request.sendall("still here");
  EXPECT_EQ(pair.ours.recv(100), "still here");
  EXPECT_EQ(server_.path(), "");
  Socket next = start(wait_for_end);
  EXPECT_EQ(set_.size(), 1u);
}

TEST_F(ThreadSetTest, takes_any_stack_size_that_there_can_be) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{100'001}, std::size_t{16} << 20}) {
    limits_.stack_size = size;
    limits_.idle = 0ms;
    Socket client = start([](Request& request) { request.sendall("fits"); });
    EXPECT_EQ(read_all(client), "fits") << size;
  }
}

TEST_F(ThreadSetTest, throws_where_the_user_may_have_no_more_threads) {
  EXPECT_EXIT(in_user_without_processes([&] {
                Pair pair = unix_pair();
                Request request(std::move(pair.theirs), Address("client"));
                EXPECT_EQ(message_of<OSError>([&] { set_.start(server_, request, {}); }),
                          "pthread_create: Resource temporarily unavailable");
                request.sendall("still here");
                return pair.ours.recv(100) == "still here";
              }),
              ::testing::ExitedWithCode(0), "");
}

// ---- threads that wait for more ----

TEST_F(ThreadSetTest, gives_a_thread_that_waits_the_next_request) {
  limits_.idle = kWatchdog;
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 3; ++i) {
    Socket client = start([&](Request&) { threads.push_back(std::this_thread::get_id()); });
    EXPECT_EQ(read_all(client), "");
    EXPECT_TRUE(eventually([&] { return set_.size() == 0; }));
  }
  EXPECT_EQ(threads, std::vector(3, threads.front()));
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);  // it does not wait for kWatchdog
}

TEST_F(ThreadSetTest, ends_threads_that_nobody_needs) {
  limits_.idle = 1ms;
  const std::size_t threads = running_threads();
  Socket first = start(wait_for_end), second = start(wait_for_end);
  EXPECT_EQ(running_threads(), threads + 2);
  first.close();
  second.close();
  EXPECT_TRUE(eventually([&] { return running_threads() == threads; }));
}

TEST_F(ThreadSetTest, starts_another_thread_while_all_are_busy) {
  limits_.idle = kWatchdog;
  Socket first = start(wait_for_end), second = start([](Request&request) { request.sendall("done"); });
  EXPECT_EQ(read_all(second), "done");
}

// ---- a limited number of threads ----

TEST_F(ThreadSetTest, keeps_requests_beyond_its_threads_waiting_in_order) {
  limits_.threads = 1;
  std::string order;
  Socket first = start(wait_for_end);
  Socket second = start([&](Request&) { order += '2'; }), third = start([&](Request&) { order += '3'; });
  EXPECT_EQ(set_.size(), 3u);
  EXPECT_FALSE(wait_readable(second.fileno(), Deadline::now()));
  first.close();
  EXPECT_EQ(read_all(third), "");
  set_.drain(Deadline::never());
  EXPECT_EQ(order, "23");
}

TEST_F(ThreadSetTest, serves_what_waits_before_it_has_drained) {
  limits_.threads = 1;
  Socket first = start(wait_for_end), second = start([](Request&request) { request.sendall("served"); });
  first.close();
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  EXPECT_EQ(read_all(second), "served");
}

TEST_F(ThreadSetTest, interrupts_what_waits_too) {
  limits_.threads = 1;
  Socket first = start(wait_for_end), second = start(wait_for_end);
  EXPECT_EQ(set_.drain(Deadline::now()), 2u);
  EXPECT_EQ(read_all(second), "");
}

TEST_F(ThreadSetTest, lets_a_request_wait_where_there_can_be_no_second_thread) {
  limits_.threads = 2;
  Socket first = start(wait_for_end);
  limits_.stack_size = std::size_t{1} << 60;
  Socket second = start([](Request& request) { request.sendall("served"); });
  first.close();
  EXPECT_EQ(read_all(second), "served");
}

TEST_F(ThreadSetTest, may_be_used_by_several_threads_at_once) {
  std::vector<std::thread> starters;
  for (int i = 0; i < 4; ++i)
    starters.emplace_back([this] {
      for (int n = 0; n < 100; ++n) {
        Pair pair = unix_pair();
        Request request(std::move(pair.theirs), Address("client"));
        set_.start(server_, request, {});
        EXPECT_LE(read_all(pair.ours).size(), 1u);  // none where drain() came first
      }
    });
  for (int i = 0; i < 20; ++i) set_.drain(Deadline::after(1ms));
  for (std::thread& starter : starters) starter.join();
}

}  // namespace
}  // namespace socketserver::testing
