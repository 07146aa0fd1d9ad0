// Puts load on an echo server and tells how it bore it.
#include <algorithm>
#include <iostream>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/progress.hpp"
#include "load/datagram_load.hpp"
#include "load/report.hpp"
#include "load/scenario.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "bench_client";

// Enough for all scenarios to keep a server busy on one core.
constexpr long long kConnections = 64, kSockets = 4, kIdleConnections = 1000;
// A small message, whose price is that of the calls; and for streams what one call copies well.
constexpr long long kSize = 64, kStreamSize = 262'144;
// On the way through a machine nothing takes so long; but to wait longer for each would hide the losses.
constexpr std::chrono::milliseconds kDatagramTimeout{250};
constexpr long long kMostDatagram = 65'507;  // that UDP over IPv4 carries
// A message is held once, with some to spare: far from any machine's memory.
constexpr long long kMostSize = 1 << 30;

struct BenchOptions {
  apps::ClientOptions where;
  std::string scenario = "ping-pong";
  long long connections = 0, size = 0, rate = 0, window = 32;
  Timeout duration = std::chrono::seconds(5), warm_up = std::chrono::milliseconds(500);
  bool reset = false, json = false;

  void add_to(apps::Options& options) {
    options.integer("connections", "N", connections, 0, 1'000'000,
                    "connections, or for udp sockets; 0: 64, for udp 4, for idle 1000");
    options.integer("size", "BYTES", size, 0, kMostSize, "of a message; 0: 64, for stream 262144");
    options.seconds("duration", duration, "time to measure, or for idle to hold; none: until Ctrl-C");
    options.seconds("warm-up", warm_up, "time before that, of which only errors count",
                    apps::Options::Zero::kNoTime);
    options.integer("rate", "N", rate, 0, 100'000'000,
                    "ping-pong and churn: requests per second in all, due at fixed times, from which their "
                    "latencies count; 0: each as soon as the answer before is there");
    options.integer("window", "N", window, 1, 65'536, "udp: datagrams in flight on each socket");
    options.flag("reset", reset, "churn: end connections by reset, so that no port stays in use");
    options.flag("json", json, "print the report as one line of JSON");
    where.timeout = std::chrono::seconds(5);
    where.may_authenticate = false;  // the connections that it measures are its own
    where.add_to(options);
  }
};

void choose_scenario(BenchOptions& bench, const std::vector<std::string>& words) {
  if (words.empty()) return;
  bench.scenario = words[0];
  const auto& known = apps::scenario_names();
  if (words.size() > 1 || std::ranges::find(known, words[0]) == known.end())
    throw apps::UsageError("'" + apps::joined(words) + "' is none of " + apps::joined(known, ", "));
}

void check(const BenchOptions& bench, const apps::Options& options) {
  const std::string& scenario = bench.scenario;
  if (bench.rate > 0 && scenario != "ping-pong" && scenario != "churn")
    throw apps::UsageError("--rate is for ping-pong and churn, not for " + scenario);
  if (bench.reset && scenario != "churn") throw apps::UsageError("--reset is for churn, not for " + scenario);
  if (options.given("window") && scenario != "udp")
    throw apps::UsageError("--window is for udp, not for " + scenario);
  if (scenario != "udp" || bench.size == 0) return;
  if (bench.size < static_cast<long long>(apps::DatagramLoad::kLeastSize) || bench.size > kMostDatagram)
    throw apps::UsageError("--size: a datagram has from " + std::to_string(apps::DatagramLoad::kLeastSize) +
                           " to " + std::to_string(kMostDatagram) + " bytes");
}

apps::LoadSettings settings_of(const BenchOptions& bench, const apps::Options& options) {
  const bool udp = bench.scenario == "udp";
  const auto or_else = [](long long given, long long otherwise) {
    return static_cast<std::size_t>(given > 0 ? given : otherwise);
  };
  apps::LoadSettings settings;
  settings.connections = or_else(bench.connections, udp                        ? kSockets
                                                    : bench.scenario == "idle" ? kIdleConnections
                                                                               : kConnections);
  settings.size = or_else(bench.size, bench.scenario == "stream" ? kStreamSize : kSize);
  settings.duration = bench.duration;
  settings.warm_up = bench.warm_up.value_or(std::chrono::nanoseconds(0));
  settings.rate = static_cast<std::uint64_t>(bench.rate);
  settings.timeout = udp && !options.given("timeout") ? Timeout(kDatagramTimeout) : bench.where.timeout;
  settings.window = static_cast<std::size_t>(bench.window);
  settings.reset = bench.reset;
  // Of a name with several addresses the one that answers; and nobody waits to the end to learn that none
  // does.
  settings.server = (udp ? bench.where.connect_datagram() : bench.where.connect()).getpeername();
  return settings;
}

void show(apps::StatusLine& line, const std::string& scenario, const apps::LoadProgress& progress) {
  if (!line.due()) return;
  const apps::LoadResult& result = progress.result;
  const std::string done = scenario == "stream" ? apps::size_text(static_cast<double>(result.bytes))
                                                : std::to_string(result.all_requests) + " answers";
  line.draw(scenario + ": " + progress.phase + ", " + std::to_string(static_cast<int>(progress.seconds)) +
            " s, " + done + ", " + std::to_string(result.failures.total()) + " errors  (Ctrl-C to end)");
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [SCENARIO]",
      "Puts load on an echo server that sends back what it gets (echo_server --mode verbatim), and prints "
      "rate, latency and errors. SCENARIO is ping-pong: each connection sends a message when the one before "
      "has come back (the default); churn: the same, with a new connection for each message; stream: bulk "
      "data both ways at once; udp: datagrams, with those lost; idle: connections are held, and then asked "
      "once again.");
  BenchOptions bench;
  bench.where.port = 8007;  // as echo_server's
  bench.add_to(options);
  choose_scenario(bench, options.parse(argc, argv));
  check(bench, options);
  const apps::LoadRun run{bench.scenario, bench.where.where(), settings_of(bench, options)};
  const apps::Interruption interruption;
  const auto load = apps::make_load(run.scenario, run.settings);
  const apps::LoadResult* result = nullptr;
  {
    apps::StatusLine line;
    result = &load->run(&interruption, [&](const auto& progress) {
      show(line, run.scenario, progress);
      return true;
    });
  }
  std::cout << (bench.json ? apps::json_report(run, *result).dump() + "\n" : apps::text_report(run, *result));
  return apps::anything_worked(*result) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
