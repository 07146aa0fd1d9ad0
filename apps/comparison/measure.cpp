#include "comparison/measure.hpp"

#include <algorithm>
#include <exception>
#include <memory>

#include "comparison/process_memory.hpp"
#include "comparison/server_process.hpp"
#include "load/idle_load.hpp"
#include "load/request_load.hpp"
#include "socketserver/net/create_connection.hpp"

namespace socketserver::apps {
namespace {

// For one answer. What a server that is not overloaded never takes, and where all is to be quick, as long as
// it takes to measure.
constexpr std::chrono::nanoseconds kMostPatience = std::chrono::seconds(2),
                                   kLeastPatience = std::chrono::milliseconds(300);

// Of the measured time: for threads to be made, and caches to warm.
constexpr int kWarmUpShare = 5;

// Connections whose sizes vary little, and only because of alignment.
constexpr std::chrono::milliseconds kHold{10};

class Measuring {
 public:
  Measuring(const Contender& contender, const ComparisonSettings& settings, const Interruption& interruption,
            const std::function<void(const std::string&)>& status)
      : contender_(contender), settings_(settings), interruption_(interruption), status_(status) {}

  void run(const std::string& name) {
    name_ = name;
    try {
      WorkerTally tally;
      ServerProcess server([&] { return contender_.serve(tally); });
      if (name == "requests") requests(server);
      if (name == "connections") connections(server, tally);
      if (name == "idle") idle(server);
      if (name == "slow") beside_slow_clients(server);
    } catch (const std::exception& error) {
      findings_.remarks.push_back(name + ": " + error.what());
    }
  }
  Findings findings() const { return findings_; }

 private:
  using Connections = RequestLoad::Connections;

  LoadSettings load_settings(const ServerProcess& server) const {
    LoadSettings load;
    load.server = server.address();
    load.connections = settings_.connections;
    load.duration = settings_.duration;
    load.warm_up = settings_.duration / kWarmUpShare;
    load.timeout = patience();
    return load;
  }
  std::chrono::nanoseconds patience() const {
    return std::clamp(settings_.duration, kLeastPatience, kMostPatience);
  }
  LoadResult run_load(Load& load) {
    return load.run(&interruption_, [&](const LoadProgress& progress) {
      status_(contender_.name + ", " + name_ + ": " + progress.phase);
      return true;
    });
  }
  LoadResult run_requests(const LoadSettings& load, Connections connections) {
    RequestLoad requests(load, connections);
    return run_load(requests);
  }
  // Of all its life, divided by all it did in it.
  static std::optional<double> cpu_each(ServerProcess& server, const LoadResult& result) {
    const double cpu = server.stop();
    if (result.all_requests == 0) return std::nullopt;
    return cpu / static_cast<double>(result.all_requests);
  }
  std::size_t room(std::size_t wanted) const {
    switch (contender_.room) {
      case Model::Room::kOne:
        return 1;
      case Model::Room::kWorkers:
        return std::min(wanted, settings_.workers);
      default:
        return wanted;
    }
  }

  void requests(ServerProcess& server) {
    LoadSettings load = load_settings(server);
    load.connections = room(load.connections);
    const LoadResult result = run_requests(load, Connections::kKept);
    findings_.cpu_per_request = cpu_each(server, result);
    findings_.failures += result.failures.total();
  }

  void connections(ServerProcess& server, const WorkerTally& tally) {
    const LoadResult result = run_requests(load_settings(server), Connections::kNewEachTime);
    findings_.cpu_per_connection = cpu_each(server, result);
    if (result.seconds > 0)
      findings_.connections_per_second = static_cast<double>(result.requests) / result.seconds;
    findings_.served = tally.served();
    findings_.failures += result.failures.total();
  }

  // The first connection has the server make what it makes once.
  void idle(ServerProcess& server) {
    LoadSettings load = load_settings(server);
    load.connections = 1;
    load.duration = kHold;
    run_load(*std::make_unique<IdleLoad>(load));
    load.connections = room(settings_.idle_connections);
    const auto before = memory_of(server.pid());
    std::optional<std::uint64_t> held;
    IdleLoad load_of_all(load, [&] { held = memory_of(server.pid()); });
    const LoadResult result = run_load(load_of_all);
    findings_.failures += result.failures.total();
    if (before && held && result.requests > 0)
      findings_.memory_per_connection =
          (static_cast<double>(*held) - static_cast<double>(*before)) / static_cast<double>(result.requests);
  }

  void beside_slow_clients(const ServerProcess& server) {
    std::vector<Socket> slow;
    for (std::size_t i = 0; i < settings_.slow_clients; ++i) {
      slow.push_back(create_connection(server.address(), kMostPatience));
      slow.back().sendall("x");
    }
    LoadSettings load = load_settings(server);
    load.rate = settings_.rate;
    const LoadResult result = run_requests(load, Connections::kKept);
    findings_.no_answer_beside_slow = result.latency.count() == 0 && !result.interrupted;
    if (result.latency.count() == 0) return;
    findings_.failures += result.failures.total();
    findings_.median_beside_slow = result.latency.percentile(50);
    findings_.p99_beside_slow = result.latency.percentile(99);
  }

  const Contender& contender_;
  const ComparisonSettings& settings_;
  const Interruption& interruption_;
  const std::function<void(const std::string&)>& status_;
  std::string name_;
  Findings findings_;
};

}  // namespace

const std::vector<std::string>& measurement_names() {
  static const std::vector<std::string> names{"requests", "connections", "idle", "slow"};
  return names;
}

Findings measure(const Contender& contender, const std::vector<std::string>& names,
                 const ComparisonSettings& settings, const Interruption& interruption,
                 const std::function<void(const std::string&)>& status) {
  Measuring measuring(contender, settings, interruption, status);
  for (const std::string& name : names)
    if (!interruption.requested()) measuring.run(name);
  return measuring.findings();
}

}  // namespace socketserver::apps
