// The parts of model_comparison, and the program itself.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "common/models.hpp"
#include "common/options.hpp"
#include "comparison/bar_chart.hpp"
#include "comparison/preforked_echo.hpp"
#include "comparison/present.hpp"
#include "comparison/process_memory.hpp"
#include "comparison/server_process.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/socketserver.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using apps::Contender;
using apps::Model;
using Argv = std::vector<std::string>;

/// Is each tag closed that was opened, and no character left that would need an escape?
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = xml.find('<', at)) != xml.npos; ++at) {
    const std::size_t end = xml.find('>', at);
    if (end == xml.npos || xml.find('<', at + 1) < end) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /"));
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
  }
  for (std::size_t at = 0; (at = xml.find('&', at)) != xml.npos; ++at)
    if (xml.find(';', at) > at + 5) return false;
  return open.empty();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// ---- the chart ----

TEST(BarChart, IsWellFormedWhateverTheNames) {
  const std::string svg = apps::bar_chart(
      "a < b & c", "x > y", {"<one>", "two & three"},
      {{"A", "s", {{1.5, "1.5 s"}, {{}, "none"}}}, {"nothing at all", "", {{{}, "–"}, {0.0, "0"}}}});
  EXPECT_TRUE(well_formed(svg)) << svg;
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_NE(svg.find(">&lt;one&gt;</text>"), svg.npos);
  EXPECT_NE(svg.find(">two &amp; three</text>"), svg.npos);
  EXPECT_EQ(svg.find("nan"), svg.npos);
}

// ---- who served how many ----

TEST(WorkerTally, CountsThreadsAndForkedProcessesApart) {
  apps::WorkerTally tally;
  tally.count();
  tally.count();
  std::thread([&] { tally.count(); }).join();
  apps::ServerProcess server([&] {
    for (int i = 0; i < 5; ++i) tally.count();
    std::cout << "counted, listening on 127.0.0.1:1" << std::endl;
    return 0;
  });
  server.stop();
  EXPECT_EQ(tally.served(), (std::vector<std::uint64_t>{2, 1, 5}));
}

TEST(Spread, IsTheShareOfTheBusiest) {
  const Contender pool{"pool", "8", "", Model::Room::kWorkers, {}};
  const Contender threads{"threads", "6", "", Model::Room::kAll, {}};
  EXPECT_EQ(apps::spread_text(pool, {100, 100, 100, 100}), "×1.00 of 4");
  EXPECT_EQ(apps::spread_text(pool, {250, 50, 50, 50}), "×2.50 of 4");
  EXPECT_EQ(apps::spread_text(threads, {1, 1, 1}), "one for each");
  EXPECT_EQ(apps::spread_text(threads, {7}), "1");
  EXPECT_EQ(apps::spread_text(pool, {}), "–");
}

// ---- servers in processes ----

int serve_one_after_the_other() {
  TCPServer server({"127.0.0.1", 0}, handler<EchoVerbatimHandler>());
  server.bind_and_activate();
  std::cout << "test listening on " << server.server_address().to_string() << std::endl;
  server.serve_forever();
  return 0;
}

TEST(ServerProcess, ServesUntilItIsStopped) {
  apps::ServerProcess server(&serve_one_after_the_other);
  const pid_t pid = server.pid();
  {
    Socket client = create_connection(server.address(), kWatchdog);
    EXPECT_EQ(echo(client, "hello"), "hello");
  }
  EXPECT_GT(server.stop(), 0);
  EXPECT_TRUE(has_ended(pid));
}

TEST(ServerProcess, SaysWhyThereIsNone) {
  try {
    apps::ServerProcess server([]() -> int { throw std::runtime_error("no room"); });
    FAIL() << "it should not have started";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "a server does not start: no room\n");
  }
}

TEST(ProcessMemory, IsThatOfTheWholeFamily) {
  if (!apps::memory_of(::getpid())) GTEST_SKIP() << "the system does not tell";
  apps::ServerProcess server(&serve_one_after_the_other);
  EXPECT_GT(*apps::memory_of(server.pid()), 4096u);
  EXPECT_GT(*apps::memory_of(::getpid()), *apps::memory_of(server.pid()));
  EXPECT_EQ(apps::memory_of(999'999'999), std::nullopt);  // beyond the largest process id
}

class PreforkedEcho : public ::testing::TestWithParam<apps::Sharing> {
 protected:
  static constexpr std::size_t kWorkers = 3;
  apps::WorkerTally tally_;
  apps::ServerProcess server_{[this] {
    apps::PreforkedEcho server(GetParam(), kWorkers, [this](Socket& connection) {
      tally_.count();
      for (std::string data; !(data = connection.recv(1024)).empty();) connection.sendall(data);
    });
    return server.run("test");
  }};
  Socket connect() { return create_connection(server_.address(), kWatchdog); }
};

TEST_P(PreforkedEcho, ServesAsManyClientsAtOnceAsItHasWorkers) {
  for (int round = 0; round < 3; ++round) {
    std::vector<Socket> clients;
    for (std::size_t i = 0; i < kWorkers; ++i) clients.push_back(connect());
    for (Socket& client : clients) EXPECT_EQ(echo(client, "hello"), "hello");
    for (Socket& client : clients) EXPECT_EQ(echo(client, "again"), "again");
  }
  EXPECT_EQ(tally_.served(), (std::vector<std::uint64_t>(kWorkers, 3)));
}

TEST_P(PreforkedEcho, ServesMoreClientsOneAfterTheOther) {
  std::vector<Socket> clients;
  for (std::size_t i = 0; i < 4 * kWorkers; ++i) clients.push_back(connect());
  for (Socket& client : clients) client.sendall("hello");
  for (Socket& client : clients) client.shutdown(SHUT_WR);
  for (Socket& client : clients) EXPECT_EQ(read_all(client), "hello");
}

std::string name_of(const ::testing::TestParamInfo<apps::Sharing>& one) {
  return std::vector<std::string>{"none", "file_lock", "mutex",
                                  "passing"}[static_cast<std::size_t>(one.param)];
}
INSTANTIATE_TEST_SUITE_P(Designs, PreforkedEcho,
                         ::testing::Values(apps::Sharing::kNone, apps::Sharing::kFileLock,
                                           apps::Sharing::kMutex, apps::Sharing::kPassing),
                         &name_of);

// ---- the program ----

TEST(Contenders, AreAllModelsAndAllNineDesigns) {
  std::set<std::string> names, designs;
  for (const Contender& one : apps::contenders(4)) {
    names.insert(one.name);
    designs.insert(one.design);
  }
  for (const std::string& model : apps::model_names()) EXPECT_TRUE(names.contains(model)) << model;
  for (int design = 0; design <= 8; ++design) EXPECT_TRUE(designs.contains(std::to_string(design))) << design;
}

// Takes a process for each of some hundred clients, and all of the processor.
TEST(ModelComparisonSerial, WritesARowForEachModelAndAWellFormedChart) {
  TemporaryDirectory directory;
  const Outcome outcome = run({our_program("model_comparison"), "--seconds", "0.05", "--workers", "4",
                               "--output", directory / "new"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  const std::string table = contents(directory / "new/model_comparison.md");
  const std::string chart = contents(directory / "new/model_comparison.svg");
  EXPECT_EQ(outcome.out, table);
  EXPECT_TRUE(well_formed(chart)) << chart;
  for (const Contender& one : apps::contenders(4)) {
    const std::size_t row =
        table.find("\n| " + (one.design.empty() ? "–" : one.design) + " | " + one.name + " | ");
    EXPECT_NE(row, table.npos) << one.name << " is missing in " << table;
    EXPECT_NE(chart.find(">" + one.name), chart.npos) << one.name << " is missing in " << chart;
  }
}

TEST(ModelComparison, MeasuresWhatItIsAskedFor) {
  TemporaryDirectory directory;
  const Outcome outcome =
      run({our_program("model_comparison"), "--seconds", "0.05", "--models", "iterative,prefork-passing",
           "--measurements", "connections", "--output", directory.path()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find("\n| 0 | iterative | one client at a time | – | "), outcome.out.npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("\n| 5 | prefork-passing | "), outcome.out.npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("| threading |"), outcome.out.npos) << outcome.out;
}

std::vector<pid_t> children_of(pid_t process) {
  const std::string pid = std::to_string(process);
  std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
  return {std::istream_iterator<pid_t>(file), {}};
}

TEST(ModelComparison, LeavesNoServerBehindAtCtrlC) {
  if (!std::filesystem::exists("/proc/self/task")) GTEST_SKIP() << "needs /proc";
  TemporaryDirectory directory;
  Program program({our_program("model_comparison"), "--seconds", "1000", "--models", "prefork-mutex",
                   "--workers", "2", "--output", directory.path()});
  std::vector<pid_t> servers;
  ASSERT_TRUE(eventually([&] {
    servers = children_of(program.pid());
    return servers.size() == 1 && children_of(servers[0]).size() == 2;
  }));
  for (const pid_t worker : children_of(servers[0])) servers.push_back(worker);
  program.kill(SIGINT);
  const Outcome outcome = program.wait();
  for (const pid_t server : servers) EXPECT_TRUE(has_ended(server));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.ends_with("model_comparison: interrupted; the files are as they were\n"))
      << outcome.err;
  EXPECT_NE(outcome.out.find("| 4 | prefork-mutex |"), outcome.out.npos) << outcome.out;
}

TEST(ModelComparison, LooksFirstWhetherItCanKeepWhatItMeasures) {
  const Outcome outcome =
      run({our_program("model_comparison"), "--seconds", "1000", "--output", "/proc/none"});
  EXPECT_TRUE(outcome.err.starts_with("model_comparison: make the directory /proc/none: ")) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

TEST(ModelComparison, SaysWhatItDoesNotKnow) {
  const auto complaint = [](Argv words) {
    words.insert(words.begin(), our_program("model_comparison"));
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2);
    return outcome.err;
  };
  EXPECT_EQ(complaint({"--measurements", "idle,speed"}),
            "model_comparison: --measurements: 'speed' is none of requests, connections, idle, slow\n");
  EXPECT_TRUE(complaint({"--models", "fast"})
                  .starts_with("model_comparison: --models: 'fast' is none of iterative, forking, "));
  EXPECT_EQ(complaint({"--seconds", "0"}), "model_comparison: --seconds: must be more than 0\n");
  EXPECT_EQ(complaint({"now"}), "model_comparison: takes no arguments (see --help)\n");
}

}  // namespace
}  // namespace socketserver::testing
