#include "load/scenario.hpp"

#include "load/datagram_load.hpp"
#include "load/idle_load.hpp"
#include "load/request_load.hpp"
#include "load/stream_load.hpp"

namespace socketserver::apps {

const std::vector<std::string>& scenario_names() {
  static const std::vector<std::string> names{"ping-pong", "churn", "stream", "udp", "idle"};
  return names;
}

std::unique_ptr<Load> make_load(const std::string& scenario, const LoadSettings& settings) {
  if (scenario == "churn")
    return std::make_unique<RequestLoad>(settings, RequestLoad::Connections::kNewEachTime);
  if (scenario == "stream") return std::make_unique<StreamLoad>(settings);
  if (scenario == "udp") return std::make_unique<DatagramLoad>(settings);
  if (scenario == "idle") return std::make_unique<IdleLoad>(settings);
  return std::make_unique<RequestLoad>(settings, RequestLoad::Connections::kKept);
}

}  // namespace socketserver::apps
