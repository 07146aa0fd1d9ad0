// The scenarios by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/load.hpp"

namespace socketserver::apps {

/// "ping-pong", "churn", "stream", "udp", "idle".
const std::vector<std::string>& scenario_names();

/// Makes what the name says. REQUIRES: it is one of scenario_names(); for udp settings.size is at least
/// DatagramLoad::kLeastSize.
std::unique_ptr<Load> make_load(const std::string& scenario, const LoadSettings& settings);

}  // namespace socketserver::apps
