// One server put through the scenarios.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/interruption.hpp"
#include "comparison/contender.hpp"
#include "load/load.hpp"

namespace socketserver::apps {

struct ComparisonSettings {
  std::chrono::nanoseconds duration = std::chrono::seconds(2);  ///< of each measurement
  std::size_t workers = 32;                                     ///< of servers that have a fixed number
  std::size_t connections = 32;                                 ///< that ask at a time
  std::size_t idle_connections = 500;                           ///< that are held
  /// That have sent a byte and are silent from then on: more than there are workers.
  std::size_t slow_clients = 100;
  std::uint64_t rate = 1000;  ///< requests per second beside the slow clients: far from busy
};

/// "requests", "connections", "idle", "slow".
const std::vector<std::string>& measurement_names();

/// What was found; nullopt is not measured. Latencies in nanoseconds.
struct Findings {
  std::optional<double> cpu_per_request, cpu_per_connection;  ///< in seconds, of the server
  std::optional<double> connections_per_second;
  std::optional<double> memory_per_connection;  ///< in bytes, of an idle one
  std::optional<std::uint64_t> median_beside_slow, p99_beside_slow;
  bool no_answer_beside_slow = false;
  std::vector<std::uint64_t> served;  ///< connections, by worker
  std::uint64_t failures = 0;
  std::vector<std::string> remarks;
};

/// Does the measurements that are named, each with a fresh server. `status` is told what is going on, some
/// times a second. Where a server cannot be measured, a remark says why. After an interruption nothing more
/// is measured.
Findings measure(const Contender& contender, const std::vector<std::string>& names,
                 const ComparisonSettings& settings, const Interruption& interruption,
                 const std::function<void(const std::string&)>& status);

}  // namespace socketserver::apps
