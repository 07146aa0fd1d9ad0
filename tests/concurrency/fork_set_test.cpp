// The processes of a server, alone.
#include "socketserver/concurrency/fork_set.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "concurrency/few_processes.hpp"
#include "server/made_up_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

void wait_for_end(Request& request) {
  while (!request.recv(100).empty()) {
  }
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

class ForkSetTest : public ::testing::Test {
 protected:
  ~ForkSetTest() override { set_.drain(Deadline::now()); }

  Socket start(std::function<void(Request&)> handle) {
    Pair pair = unix_pair();
    pair.ours.settimeout(kWatchdog);
    Request request(std::move(pair.theirs), Address("client"));
    handle_ = std::move(handle);
    // Children inherit the clients' ends as well, so a client says its end by shutdown(SHUT_WR).
    set_.start(server_, request);
    return std::move(pair.ours);
  }
  pid_t only_child() { return *set_.pids().begin(); }
  int status_of_only_child() {
    int status = 0;
    EXPECT_EQ(::waitpid(only_child(), &status, 0), only_child());
    return status;
  }

  std::function<void(Request&)> handle_;
  MadeUpServer server_{[this](Request& request, const Address&, BaseServer&) { handle_(request); }};
  ForkSet set_;
};

TEST_F(ForkSetTest, completes_a_request_in_a_child) {
  Socket client = start([](Request& request) {
    request.sendall(std::to_string(::getpid()));
    wait_for_end(request);
  });
  EXPECT_EQ(client.recv(100), std::to_string(only_child()));
  EXPECT_EQ(set_.pids().size(), 1u);
  client.shutdown(SHUT_WR);
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  EXPECT_TRUE(set_.pids().empty());
  EXPECT_EQ(client.recv(1), "");
  EXPECT_EQ(server_.path(), "");  // all of it happened in the child
}

TEST_F(ForkSetTest, collects_only_those_that_have_ended) {
  Socket first = start(wait_for_end), second = start(wait_for_end);
  set_.collect();
  EXPECT_EQ(set_.pids().size(), 2u);
  first.shutdown(SHUT_WR);
  EXPECT_TRUE(eventually([&] {
    set_.collect();
    return set_.pids().size() == 1;
  }));
  EXPECT_EQ(first.recv(1), "");
  second.sendall("x");  // not hurt
}

// A descriptor where the system has one for a child, else a time to look.
TEST_F(ForkSetTest, tells_what_to_wait_for_until_a_child_has_ended) {
  Socket client = start(wait_for_end);
  std::vector<pollfd> fds;
  const Deadline first_look = set_.watch(fds);
  EXPECT_NE(first_look.is_never(), fds.empty());
  EXPECT_EQ(wait_any(fds, Deadline::now()), 0);
  client.shutdown(SHUT_WR);
  const Deadline watchdog = Deadline::after(kWatchdog);
  while (!set_.pids().empty() && !watchdog.expired()) {
    fds.clear();
    const Deadline look = set_.watch(fds);
    wait_any(fds, std::min(look, watchdog));
    set_.collect();
  }
  EXPECT_EQ(set_.pids().size(), 0u);
  EXPECT_FALSE(watchdog.expired());
}

TEST_F(ForkSetTest, leaves_other_children_to_others) {
  const pid_t other = ::fork();
  if (other == 0) ::_exit(7);
  Socket client = start([](Request&) {});
  EXPECT_EQ(set_.drain(Deadline::never()), 0u);
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(ForkSetTest, does_not_mind_when_others_reap_its_children) {
  Socket client = start([](Request&) {});
  status_of_only_child();
  set_.collect();
  EXPECT_TRUE(set_.pids().empty());
}

TEST_F(ForkSetTest, waits_for_those_that_end_before_the_deadline) {
  Socket client = start(wait_for_end);
  std::thread ends([&] {
    wait_any({}, Deadline::after(20ms));  // most likely while drain() waits
    client.shutdown(SHUT_WR);
  });
  EXPECT_EQ(set_.drain(Deadline::after(kWatchdog)), 0u);
  ends.join();
}

TEST_F(ForkSetTest, asks_those_to_end_who_wait_for_nothing_in_particular) {
  Socket client = start([](Request& request) {
    EXPECT_TRUE(request.begin_idle());
    request.sendall("idle");
    wait_for_end(request);
  });
  EXPECT_EQ(client.recv(100), "idle");
  EXPECT_EQ(set_.drain(Deadline::after(kWatchdog)), 0u);
}

TEST_F(ForkSetTest, asks_those_to_end_who_are_busy) {
  Socket client = start([](Request& request) {
    EXPECT_TRUE(eventually([&] { return request.asked_to_end(); }));
    request.sendall(request.begin_idle() ? "idle" : "no more");
  });
  EXPECT_EQ(set_.drain(Deadline::after(kWatchdog)), 0u);
  EXPECT_EQ(client.recv(100), "no more");
}

TEST_F(ForkSetTest, interrupts_those_left_at_the_deadline_and_counts_them) {
  Socket first = start(wait_for_end), second = start(wait_for_end);
  const pid_t child = only_child();
  const auto begin = Clock::now();
  EXPECT_EQ(set_.drain(Deadline::after(50ms)), 2u);
  EXPECT_GE(Clock::now() - begin, 50ms);
  EXPECT_FALSE(exists(child));
  EXPECT_EQ(first.recv(1), "");
  EXPECT_EQ(second.recv(1), "");
}

TEST_F(ForkSetTest, kills_a_child_that_takes_no_notice_after_its_grace) {
  Socket client = start([](Request& request) {
    ::signal(SIGTERM, SIG_IGN);
    request.sendall("deaf");
    for (;;) ::pause();
  });
  EXPECT_EQ(client.recv(100), "deaf");
  const pid_t child = only_child();
  const auto begin = Clock::now();
  EXPECT_EQ(set_.drain(Deadline::now()), 1u);
  EXPECT_GE(Clock::now() - begin, ForkSet::kGrace);
  EXPECT_FALSE(exists(child));
}

TEST_F(ForkSetTest, ends_children_with_a_status) {
  Socket fine = start([](Request&) {});
  EXPECT_EQ(status_of_only_child(), 0);
  set_.collect();
  Socket ill = start([](Request&) { throw std::runtime_error("handled by handle_error"); });
  EXPECT_EQ(status_of_only_child(), 0);
  set_.collect();
  server_.on_error = [] { throw std::logic_error("worse"); };
  Socket worse = start([](Request&) { throw std::runtime_error("not handled"); });
  EXPECT_EQ(WEXITSTATUS(status_of_only_child()), 1);
}

TEST_F(ForkSetTest, survives_a_child_that_crashes_and_tells_its_client) {
  Socket client = start([](Request&) { ::raise(SIGKILL); });
  EXPECT_EQ(set_.drain(Deadline::after(kWatchdog)), 0u);
  EXPECT_EQ(client.recv(1), "");
}

// The younger sibling inherits the connection of the elder one: it must not keep it open.
TEST_F(ForkSetTest, ends_a_connection_although_a_younger_sibling_lives) {
  Socket elder = start(wait_for_end), younger = start(wait_for_end);
  elder.shutdown(SHUT_WR);
  EXPECT_TRUE(eventually([&] {
    set_.collect();
    return set_.pids().size() == 1;
  }));
  EXPECT_EQ(elder.recv(1), "");
  EXPECT_THROW(elder.sendall("x"), ConnectionError);  // nobody holds the other end
}

TEST_F(ForkSetTest, prints_what_was_buffered_before_the_fork_once) {
  ::testing::internal::CaptureStdout();
  std::printf("before ");
  Socket client = start([](Request&) { std::printf("child"); });
  set_.drain(Deadline::never());
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "before child");
}

TEST_F(ForkSetTest, leaves_the_request_with_the_caller_where_there_can_be_no_child) {
  EXPECT_EXIT(in_user_without_processes([&] {
                Pair pair = unix_pair();
                Request request(std::move(pair.theirs), Address("client"));
                EXPECT_EQ(message_of<OSError>([&] { set_.start(server_, request); }),
                          "fork: Resource temporarily unavailable");
                EXPECT_TRUE(set_.pids().empty());
                EXPECT_FALSE(request.ended());
                request.sendall("still here");
                return pair.ours.recv(100) == "still here";
              }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace socketserver::testing
