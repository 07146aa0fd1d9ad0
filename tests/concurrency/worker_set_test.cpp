// Worker processes and their supervisor, alone.
#include "socketserver/concurrency/worker_set.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <stdexcept>

#include "concurrency/few_processes.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// What a worker does that has nothing to do.
int idle(int lifeline, Counters& counters) {
  ++counters.accepted;  // counts the starts
  wait_readable(lifeline, Deadline::never());
  return 0;
}

class WorkerSetTest : public ::testing::Test {
 protected:
  WorkerSetTest() {
    task_.work = idle;
    task_.turn = [] {};
    task_.stopping = [] {};
    task_.log = [this](LogLevel, const std::string& message) {
      const std::lock_guard lock(mutex_);
      log_.push_back(message);
    };
    task_.stop_fd = stop_.fileno();
    task_.workers = 2;
    task_.poll_interval = 24h;
    task_.drain_timeout = kWatchdog;
    task_.short_life = 0s;  // all live long enough, however starved the machine is
  }
  ~WorkerSetTest() override { stop(); }

  /// Runs, and returns the first workers once all have begun their work.
  std::set<pid_t> start() {
    run_in_thread();
    EXPECT_TRUE(eventually([&] { return starts() == task_.workers; }));
    return set_.pids();
  }
  void run_in_thread() {
    supervisor_ = std::thread([this] { killed_ = set_.run(task_); });
  }
  /// Returns how many were killed.
  std::size_t stop() {
    stop_.notify();
    if (supervisor_.joinable()) supervisor_.join();
    return killed_;
  }
  std::uint64_t starts() const { return set_.statistics().accepted; }
  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  WorkerSet set_;
  WorkerSet::Task task_;
  Wakeup stop_;

 private:
  std::thread supervisor_;
  std::size_t killed_ = 0;
  std::mutex mutex_;  // guards log_
  std::vector<std::string> log_;
};

TEST_F(WorkerSetTest, runs_as_many_as_wanted_and_leaves_nothing) {
  const std::size_t before = open_descriptors();
  EXPECT_EQ(start().size(), 2u);
  EXPECT_EQ(stop(), 0u);
  EXPECT_TRUE(set_.pids().empty());
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(WorkerSetTest, may_run_again) {
  for (std::uint64_t run = 1; run <= 3; ++run) {
    run_in_thread();
    EXPECT_TRUE(eventually([&] { return starts() == run * task_.workers; }));
    EXPECT_EQ(stop(), 0u);
    stop_.drain();
  }
}

TEST_F(WorkerSetTest, forks_nothing_when_it_shall_stop_already) {
  stop_.notify();
  EXPECT_EQ(set_.run(task_), 0u);
  EXPECT_EQ(starts(), 0u);
}

TEST_F(WorkerSetTest, replaces_a_worker_that_is_killed_and_leaves_others_alone) {
  const std::set<pid_t> first = start();
  ::kill(*first.begin(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return starts() == 3; }));
  const std::set<pid_t> then = set_.pids();
  EXPECT_EQ(then.size(), 2u);
  EXPECT_FALSE(then.contains(*first.begin()));
  EXPECT_TRUE(then.contains(*first.rbegin()));
  EXPECT_TRUE(eventually([&] { return !log().empty(); }));
  EXPECT_EQ(log(), std::vector<std::string>{"worker " + std::to_string(*first.begin()) +
                                            " was killed by signal 9 (Killed); another one takes its place"});
}

TEST_F(WorkerSetTest, replaces_a_worker_that_crashes) {
  task_.work = [](int lifeline, Counters& counters) {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer has its own
    return idle(lifeline, counters);
  };
  const std::set<pid_t> first = start();
  ::kill(*first.begin(), SIGSEGV);
  EXPECT_TRUE(eventually([&] { return !set_.pids().contains(*first.begin()) && set_.pids().size() == 2; }));
}

TEST_F(WorkerSetTest, replaces_a_worker_that_another_part_of_the_program_reaped) {
  const pid_t one = *start().begin();
  ::kill(one, SIGKILL);
  ::waitpid(one, nullptr, 0);  // it, or the supervisor
  EXPECT_TRUE(eventually([&] { return starts() == 3; }));
}

TEST_F(WorkerSetTest, leaves_other_children_to_others) {
  const pid_t other = ::fork();
  if (other == 0) ::_exit(7);
  ::kill(*start().begin(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return starts() == 3; }));
  stop();
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(WorkerSetTest, pauses_longer_and_longer_for_workers_that_die_at_once) {
  task_.workers = 1;
  task_.short_life = kWatchdog;
  task_.work = [](int, Counters& counters) {
    ++counters.accepted;
    return 3;
  };
  const auto begin = Clock::now();
  run_in_thread();
  EXPECT_TRUE(eventually([&] { return starts() == 6; }));
  EXPECT_GE(Clock::now() - begin, 155ms);  // 5 and 10 and 20 and 40 and 80
  stop();
  ASSERT_EQ(log().size(), 1u);
  EXPECT_NE(log()[0].find(" ended with status 3 soon after its start; more will be started after pauses"),
            std::string::npos)
      << log()[0];
}

TEST_F(WorkerSetTest, waits_for_workers_that_finish_their_work) {
  Wakeup asked, finish;
  task_.workers = 1;
  task_.work = [&](int lifeline, Counters& counters) {
    idle(lifeline, counters);
    asked.notify();
    wait_readable(finish.fileno(), Deadline::never());
    ++counters.refused;
    return 0;
  };
  start();
  stop_.notify();
  EXPECT_TRUE(wait_readable(asked.fileno(), Deadline::after(kWatchdog)));
  EXPECT_EQ(set_.pids().size(), 1u);
  finish.notify();
  EXPECT_EQ(stop(), 0u);
  EXPECT_EQ(set_.statistics().refused, 1u);
}

TEST_F(WorkerSetTest, kills_workers_that_do_not_stop_in_time_and_counts_them) {
  task_.drain_timeout = 0s;
  task_.work = [](int, Counters& counters) -> int {
    ++counters.accepted;
    for (;;) ::pause();
  };
  start();
  const auto begin = Clock::now();
  EXPECT_EQ(stop(), 2u);
  EXPECT_GE(Clock::now() - begin, WorkerSet::kGrace);
}

TEST_F(WorkerSetTest, restarts_all_of_them) {
  const std::set<pid_t> first = start();
  set_.restart();
  const std::set<pid_t> then = set_.pids();
  EXPECT_EQ(then.size(), 2u);
  for (const pid_t pid : first) EXPECT_FALSE(then.contains(pid));
  EXPECT_TRUE(eventually([&] { return starts() == 4; }));
  EXPECT_TRUE(log().empty()) << log()[0];
}

TEST_F(WorkerSetTest, restarts_all_of_them_where_they_may_take_for_ever) {
  task_.drain_timeout = std::chrono::nanoseconds::max();
  const std::set<pid_t> first = start();
  set_.restart();
  for (const pid_t pid : first) EXPECT_FALSE(set_.pids().contains(pid));
  EXPECT_TRUE(eventually([&] { return starts() == 4; }));
}

TEST_F(WorkerSetTest, restarts_at_a_request_of_a_worker) {
  Wakeup wish;
  task_.workers = 1;
  task_.work = [&](int lifeline, Counters& counters) {
    if (wait_readable(wish.fileno(), Deadline::now())) {
      wish.drain();
      set_.restart();  // only asks there
    }
    return idle(lifeline, counters);
  };
  wish.notify();
  run_in_thread();
  EXPECT_TRUE(eventually([&] { return starts() == 2 && set_.pids().size() == 1; }));
}

TEST_F(WorkerSetTest, only_asks_for_a_restart_in_its_own_thread) {
  std::set<pid_t> first;
  task_.turn = [&] {
    if (starts() != 2 || !first.empty()) return;
    first = set_.pids();
    set_.restart();
  };
  task_.poll_interval = 1ms;
  run_in_thread();
  EXPECT_TRUE(eventually([&] { return starts() == 4; }));
}

TEST_F(WorkerSetTest, restarts_nothing_where_nothing_runs) {
  set_.restart();
  EXPECT_EQ(start().size(), 2u);
  EXPECT_EQ(starts(), 2u);
}

TEST_F(WorkerSetTest, ends_a_restart_when_it_stops) {
  Wakeup asked, finish;
  task_.work = [&](int lifeline, Counters& counters) {
    idle(lifeline, counters);
    asked.notify();
    wait_readable(finish.fileno(), Deadline::never());
    return 0;
  };
  start();
  std::thread restarts([this] { set_.restart(); });
  EXPECT_TRUE(wait_readable(asked.fileno(), Deadline::after(kWatchdog)));  // the restart is under way
  stop_.notify();
  finish.notify();
  EXPECT_EQ(stop(), 0u);
  restarts.join();
}

TEST_F(WorkerSetTest, counts_what_the_dead_have_counted_but_what_they_were_about) {
  task_.workers = 1;
  task_.work = [](int lifeline, Counters& counters) {
    ++counters.active, ++counters.queued;
    return idle(lifeline, counters);
  };
  const std::set<pid_t> first = start();
  EXPECT_EQ(set_.statistics().active, 1u);
  ::kill(*first.begin(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return starts() == 2; }));
  EXPECT_EQ(set_.statistics().active, 1u);
  EXPECT_EQ(set_.statistics().queued, 1u);
  stop();
  EXPECT_EQ(starts(), 2u);
  EXPECT_EQ(set_.statistics().active, 0u);
  EXPECT_EQ(set_.statistics().queued, 0u);
}

TEST_F(WorkerSetTest, counts_what_was_in_progress_in_a_worker_that_crashed_as_failed) {
  task_.work = [](int lifeline, Counters& counters) {
    counters.active = 3;
    return idle(lifeline, counters);
  };
  ::kill(*start().begin(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return starts() == 3; }));
  EXPECT_EQ(set_.statistics().failed, 3u);
  stop();
  EXPECT_EQ(set_.statistics().failed, 3u) << "those that ended well have failed at nothing";
  EXPECT_EQ(set_.statistics().cut, 0u);
}

TEST_F(WorkerSetTest, counts_what_was_in_progress_in_a_worker_that_it_killed_as_cut) {
  task_.workers = 1;
  task_.drain_timeout = 0s;
  task_.work = [](int, Counters& counters) -> int {
    counters.active = 3;
    ++counters.accepted;
    for (;;) ::pause();
  };
  start();
  EXPECT_EQ(stop(), 1u);
  EXPECT_EQ(set_.statistics().cut, 3u);
  EXPECT_EQ(set_.statistics().failed, 0u);
}

// It once grew with every worker that ended.
TEST_F(WorkerSetTest, has_a_peak_of_workers_that_lived_at_the_same_time) {
  task_.work = [](int lifeline, Counters& counters) {
    counters.peak = 3;
    return idle(lifeline, counters);
  };
  for (std::uint64_t death = 1; death <= 3; ++death) {
    ::kill(death == 1 ? *start().begin() : *set_.pids().begin(), SIGKILL);
    EXPECT_TRUE(eventually([&] { return starts() == 2 + death; }));
    EXPECT_EQ(set_.statistics().peak, 6u);
  }
  stop();
  EXPECT_EQ(set_.statistics().peak, 6u);
}

TEST_F(WorkerSetTest, throws_what_a_turn_throws_when_all_have_ended) {
  task_.turn = [this] {
    if (starts() == 2) throw std::runtime_error("ill");
  };
  task_.poll_interval = 1ms;
  EXPECT_THROW(set_.run(task_), std::runtime_error);
  EXPECT_TRUE(set_.pids().empty());
}

// A supervisor of its own, which is killed: nobody else would tell its workers.
TEST_F(WorkerSetTest, ends_with_its_supervisor) {
  platform::PipeEnds pids = platform::pipe();
  task_.turn = [&] {
    if (starts() != 2) return;
    for (const pid_t pid : set_.pids())
      [[maybe_unused]] const auto written = ::write(pids.write.get(), &pid, sizeof pid);
    for (;;) ::pause();
  };
  task_.poll_interval = 1ms;
  const pid_t supervisor = ::fork();
  if (supervisor == 0) set_.run(task_);
  pid_t workers[2];
  ASSERT_TRUE(wait_readable(pids.read.get(), Deadline::after(kWatchdog)));
  for (pid_t& worker : workers)
    ASSERT_EQ(::read(pids.read.get(), &worker, sizeof worker), ssize_t{sizeof worker});
  for (const pid_t worker : workers) EXPECT_FALSE(has_ended(worker));
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
}

TEST_F(WorkerSetTest, waits_for_room_where_there_can_be_no_process) {
  EXPECT_EXIT(in_user_without_processes([&] {
                task_.turn = [&] {
                  if (set_.statistics().paused == 3) stop_.notify();
                };
                EXPECT_EQ(set_.run(task_), 0u);
                EXPECT_EQ(log(), std::vector<std::string>{"serving with 0 of 2 workers until there is room: "
                                                          "fork: Resource temporarily unavailable"});
                return set_.statistics().paused == 3;
              }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace socketserver::testing
