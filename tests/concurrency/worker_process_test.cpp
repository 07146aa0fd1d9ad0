// One worker process, alone.
#include "socketserver/concurrency/worker_process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "concurrency/few_processes.hpp"
#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

int until_asked(int lifeline, Counters& counters) {
  ++counters.accepted;
  wait_readable(lifeline, Deadline::never());
  return 0;
}

bool ends(WorkerProcess& worker) {
  return eventually([&] { return worker.reap(); });
}

TEST(WorkerProcess, stops_when_it_is_asked) {
  WorkerProcess worker(until_asked);
  EXPECT_TRUE(eventually([&] { return worker.statistics().accepted == 1; }));
  EXPECT_FALSE(worker.reap());
  worker.ask();
  EXPECT_TRUE(ends(worker));
  EXPECT_TRUE(worker.ended_well());
  EXPECT_EQ(worker.how_it_ended(), "ended with status 0");
}

// Whoever forks at the wrong moment has a copy of the parent's end.
TEST(WorkerProcess, stops_when_it_is_asked_although_another_child_has_its_lifeline) {
  WorkerProcess worker(until_asked);
  WorkerProcess sibling(until_asked);
  worker.ask();
  EXPECT_TRUE(ends(worker));
  sibling.ask();
  EXPECT_TRUE(ends(sibling));
}

TEST(WorkerProcess, shows_its_end_on_a_descriptor) {
  WorkerProcess worker(until_asked);
  if (worker.ended_fd() < 0) {
    worker.ask();
    EXPECT_TRUE(ends(worker));
    GTEST_SKIP() << "no pidfd_open here";
  }
  EXPECT_FALSE(wait_readable(worker.ended_fd(), Deadline::now()));
  worker.kill();
  EXPECT_TRUE(wait_readable(worker.ended_fd(), Deadline::after(kWatchdog)));
  EXPECT_TRUE(worker.reap());
}

TEST(WorkerProcess, says_how_it_ended) {
  WorkerProcess ill([](int, Counters&) { return 3; });
  EXPECT_TRUE(ends(ill));
  EXPECT_FALSE(ill.ended_well());
  EXPECT_EQ(ill.how_it_ended(), "ended with status 3");
  WorkerProcess killed(until_asked);
  killed.kill();
  EXPECT_TRUE(ends(killed));
  EXPECT_EQ(killed.how_it_ended(), "was killed by signal 9 (Killed)");
  WorkerProcess reaped([](int, Counters&) { return 0; });
  ASSERT_EQ(::waitpid(reaped.pid(), nullptr, 0), reaped.pid());
  EXPECT_TRUE(reaped.reap());
  EXPECT_FALSE(reaped.ended_well());
  EXPECT_EQ(reaped.how_it_ended(), "has ended");
}

TEST(WorkerProcess, keeps_what_it_counted_after_its_end) {
  WorkerProcess worker([](int, Counters& counters) {
    counters.refused = 7;
    return 0;
  });
  EXPECT_TRUE(ends(worker));
  EXPECT_EQ(worker.statistics().refused, 7u);
}

TEST(WorkerProcess, leaves_nothing_where_there_can_be_no_process) {
  EXPECT_EXIT(in_user_without_processes([&] {
                const std::size_t before = open_descriptors();
                EXPECT_EQ(message_of<OSError>([] { WorkerProcess worker(until_asked); }),
                          "fork: Resource temporarily unavailable");
                return open_descriptors() == before;
              }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace socketserver::testing
