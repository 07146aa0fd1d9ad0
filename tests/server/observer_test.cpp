// What an observer is told, and what those of ours write.
#include "socketserver/server/observer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "socketserver/json/json.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/server/access_log.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/server/chrome_trace.hpp"
#include "socketserver/server/connection_report.hpp"
#include "socketserver/server/log.hpp"
#include "socketserver/server/observer_list.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WorkerNumber, is_of_each_thread_and_of_the_next_when_it_ends) {
  const std::uint32_t own = worker_number();
  EXPECT_EQ(worker_number(), own);
  std::uint32_t first = 0, second = 0;
  std::thread([&] { first = worker_number(); }).join();
  std::thread([&] { second = worker_number(); }).join();
  EXPECT_NE(first, own);
  EXPECT_EQ(second, first);
}

/// Notes everything as text.
class Notes final : public Observer {
 public:
  void on_change(const ConnectionEvent& event) noexcept override {
    told += std::to_string(event.connection) + " " + event.client.to_string() + " " +
            to_string(event.previous) + " > " + to_string(event.state) + "\n";
    in_order = in_order && event.accepted <= event.since && event.since <= event.time;
    outcome = event.outcome;
    received = event.received;
  }
  std::string told;
  bool in_order = true;
  Outcome outcome{};
  std::uint64_t received = 0;
};

class ConnectionReportTest : public ::testing::Test {
 protected:
  Notes notes_;
  ConnectionReport report_{notes_, 7, Address("client")};
};

TEST_F(ConnectionReportTest, tells_of_every_change) {
  report_.enter(ConnectionState::kQueued);
  report_.enter(ConnectionState::kHandling);
  report_.wait_begins(WaitObserver::For::kData);
  report_.wait_ends();
  report_.wait_begins(WaitObserver::For::kRoom);
  report_.wait_ends();
  report_.end(3, 4);
  EXPECT_EQ(notes_.told,
            "7 unix:client accepted > accepted\n"
            "7 unix:client accepted > queued\n"
            "7 unix:client queued > handling\n"
            "7 unix:client handling > waiting to read\n"
            "7 unix:client waiting to read > handling\n"
            "7 unix:client handling > waiting to write\n"
            "7 unix:client waiting to write > handling\n"
            "7 unix:client handling > closed\n");
  EXPECT_TRUE(notes_.in_order);
  EXPECT_EQ(notes_.outcome, Outcome::kFinished);
  EXPECT_EQ(notes_.received, 3U);
}

TEST_F(ConnectionReportTest, tells_why_one_was_refused) {
  report_.set_outcome(Outcome::kRefusedSource);
  report_.end(0, 0);
  EXPECT_TRUE(notes_.told.ends_with("accepted > refused\n"));
  EXPECT_STREQ(to_string(notes_.outcome), "refused-source");
}

TEST_F(ConnectionReportTest, tells_nothing_while_another_process_does) {
  report_.hand_over();
  const std::string before = notes_.told;
  report_.enter(ConnectionState::kHandling);
  report_.end(0, 0);
  EXPECT_EQ(notes_.told, before);
  report_.take_back(Outcome::kCrashed);
  report_.end(0, 0);
  EXPECT_TRUE(notes_.told.ends_with("> closed\n"));
  EXPECT_STREQ(to_string(notes_.outcome), "crashed");
}

TEST_F(ConnectionReportTest, knows_the_outcome_of_exceptions) {
  const auto outcome_of = [this](const auto& thrown) {
    try {
      throw thrown;
    } catch (...) {
      report_.set_outcome_of_exception();
    }
    report_.end(0, 0);
    return std::string(to_string(notes_.outcome));
  };
  EXPECT_EQ(outcome_of(BrokenPipeError(EPIPE, "send")), "disconnected");
  EXPECT_EQ(outcome_of(TimeoutError(ETIMEDOUT, "recv")), "timed-out");
  EXPECT_EQ(outcome_of(AuthenticationError("x")), "unauthenticated");
  EXPECT_EQ(outcome_of(std::runtime_error("x")), "failed");
  EXPECT_EQ(outcome_of(1), "failed");
}

/// A short life.
void live(Observer& observer, std::uint64_t number, const Address& client, Outcome outcome) {
  ConnectionReport report(observer, number, client);
  report.enter(ConnectionState::kQueued);
  report.enter(ConnectionState::kHandling);
  report.wait_begins(WaitObserver::For::kData);
  report.wait_ends();
  report.set_outcome(outcome);
  report.end(12, 34);
}

TEST(AccessLogTest, has_a_line_for_each_connection_at_its_end) {
  const TemporaryDirectory directory;
  for (int i = 0; i < 2; ++i) {  // the second time it adds to the file
    AccessLog log(directory / "log");
    live(log, 1, Address("192.0.2.1", 80), Outcome::kFinished);
    live(log, 2, Address("a \\\n\"path"), Outcome::kRefusedFull);
  }
  std::istringstream lines(content_of(directory / "log"));
  for (int i = 0; i < 2; ++i) {
    std::string client, seconds, rest;
    lines >> client >> seconds;
    std::getline(lines, rest);
    EXPECT_EQ(client, "192.0.2.1:80");
    EXPECT_LT(std::stod(seconds), 60.0);
    EXPECT_EQ(rest, " 12 34 finished");
    lines >> client >> seconds;
    std::getline(lines, rest);
    EXPECT_EQ(client, "unix:a\\x20\\x5c\\x0a\"path");
    EXPECT_EQ(rest, " 12 34 refused-full");
  }
  EXPECT_THROW(AccessLog("/nonexistent/log"), FileNotFoundError);
}

TEST(AccessLogTest, complains_once_of_a_file_that_cannot_be_written) {
  ::testing::internal::CaptureStderr();
  AccessLog log("/dev/full");
  live(log, 1, Address("192.0.2.1", 80), Outcome::kFinished);
  live(log, 2, Address("192.0.2.1", 80), Outcome::kFinished);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "write /dev/full: No space left on device\n");
}

TEST(AccessLogTest, complains_once_whichever_process_writes) {
  ::testing::internal::CaptureStderr();
  AccessLog log("/dev/full");
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      live(log, 1, Address("192.0.2.1", 80), Outcome::kFinished);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "write /dev/full: No space left on device\n");
}

// A client of a Unix socket names itself: one could make lines of the log, and talk to terminals.
TEST(Log, escapes_what_would_make_lines_or_talk_to_terminals) {
  ::testing::internal::CaptureStderr();
  log_to_stderr(
      "a\nb\x1b[2Jc\x7f"
      "d \xc3\xa9\\");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "a\\x0ab\\x1b[2Jc\\x7fd \xc3\xa9\\\n");
}

class ChromeTraceTest : public ::testing::Test {
 protected:
  /// All events; the array may not be closed yet.
  std::vector<Json> events(bool closed) {
    const std::string text = content_of(directory_ / "trace");
    EXPECT_EQ(text.ends_with("\n]\n"), closed);
    const Json all = Json::parse(closed ? text : text + "]");
    return {all.as_array().begin(), all.as_array().end()};
  }
  TemporaryDirectory directory_;
};

TEST_F(ChromeTraceTest, is_JSON_of_what_happened) {
  {
    ChromeTrace trace(directory_ / "trace", "a \"program\"");
    EXPECT_EQ(events(false).size(), 1U) << "readable from the beginning";
    live(trace, 1, Address("a \"\\\xff\npath"), Outcome::kFinished);
  }
  std::string phases;
  int depth = 0;
  for (const Json& event : events(true)) {
    const std::string phase = event.get_string("ph");
    phases += phase;
    depth += phase == "b" ? 1 : phase == "e" ? -1 : 0;
    EXPECT_GE(depth, 0);
    EXPECT_FALSE(event.get_string("name").empty());
  }
  EXPECT_EQ(depth, 0);
  EXPECT_EQ(phases, "MMbbeXbeXe");
}

TEST_F(ChromeTraceTest, has_a_lane_for_each_worker) {
  {
    ChromeTrace trace(directory_ / "trace", "program");
    live(trace, 1, Address("192.0.2.1", 1), Outcome::kFinished);
    std::thread([&] { live(trace, 2, Address("192.0.2.1", 2), Outcome::kFinished); }).join();
  }
  std::set<std::int64_t> lanes;
  for (const Json& event : events(true))
    if (event.get_string("ph") == "X") lanes.insert(event.get_int("tid"));
  EXPECT_EQ(lanes.size(), 2U);
}

// Two fibers that were suspended by something else than their connections: slices of a lane may not overlap.
TEST_F(ChromeTraceTest, has_slices_one_after_the_other) {
  const Address client("client");
  const Clock::time_point zero = Clock::now();
  const auto at = [&](int time) { return zero + std::chrono::microseconds(time); };
  {
    ChromeTrace trace(directory_ / "trace", "program");
    const auto run = [&](std::uint64_t connection, int begin, int end) {
      trace.on_change({connection, client, ConnectionState::kWaitingToRead, ConnectionState::kHandling,
                       at(end), at(begin), zero, 1, Outcome::kFinished, 0, 0});
    };
    run(1, 0, 30);
    run(2, 10, 40);
    run(3, 20, 40);
    run(1, 50, 60);
  }
  std::vector<std::pair<long, long>> slices;
  const double first = std::chrono::duration<double, std::micro>(zero.time_since_epoch()).count();
  for (const Json& event : events(true)) {
    if (event.get_string("ph") != "X") continue;
    slices.emplace_back(std::lround(event.at("ts").as_double() - first),
                        std::lround(event.at("dur").as_double()));
  }
  EXPECT_EQ(slices, (std::vector<std::pair<long, long>>{{0, 30}, {30, 10}, {40, 0}, {50, 10}}));
}

/// Files cannot grow beyond so many bytes while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, action_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  void (*const action_)(int) = ::signal(SIGXFSZ, SIG_IGN);  // which write(2) also raises
  rlimit before_{};
};

// It once went on behind the gap when there was room again.
TEST_F(ChromeTraceTest, ends_where_it_could_not_be_written) {
  constexpr std::size_t kRoom = 100'000;
  ::testing::internal::CaptureStderr();
  {
    ChromeTrace trace(directory_ / "trace", "program");
    const auto write_much = [&] {
      for (std::uint64_t i = 0; i < 1000; ++i) live(trace, i, Address("192.0.2.1", 1), Outcome::kFinished);
    };
    {
      const FileLimit limit(kRoom);
      write_much();
    }
    write_much();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "write " + (directory_ / "trace") + ": File too large\n");
  std::string text = content_of(directory_ / "trace");
  EXPECT_EQ(text.size(), kRoom);
  text.resize(text.rfind(",\n"));
  EXPECT_GT(Json::parse(text + "]").as_array().size(), 100U);
}

TEST_F(ChromeTraceTest, writes_by_itself_after_a_while) {
  ChromeTrace trace(directory_ / "trace", "program");
  live(trace, 1, Address("192.0.2.1", 1), Outcome::kFinished);
  EXPECT_TRUE(eventually([&] {
    trace.on_turn();
    return events(false).size() == 10;
  }));
}

TEST_F(ChromeTraceTest, writes_when_there_is_much) {
  ChromeTrace trace(directory_ / "trace", "program");
  for (std::uint64_t i = 0; i < 1000; ++i) live(trace, i, Address("192.0.2.1", 1), Outcome::kFinished);
  EXPECT_GT(events(false).size(), 1000U);
}

TEST_F(ChromeTraceTest, may_be_used_by_several_threads) {
  {
    ChromeTrace trace(directory_ / "trace", "program");
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 4; ++i)
      threads.emplace_back([&trace, i] {
        for (int turn = 0; turn < 100; ++turn)
          live(trace, i, Address("192.0.2.1", static_cast<int>(i)), Outcome::kFinished);
      });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_GE(events(true).size(), 3200U);
}

TEST(ObserverListTest, tells_each) {
  ObserverList list;
  EXPECT_TRUE(list.empty());
  auto first = std::make_unique<Notes>(), second = std::make_unique<Notes>();
  const Notes &one = *first, &other = *second;
  list.add(std::move(first));
  list.add(std::move(second));
  live(list, 1, Address("client"), Outcome::kFailed);
  EXPECT_FALSE(one.told.empty());
  EXPECT_EQ(one.told, other.told);
}

}  // namespace
}  // namespace socketserver::testing
