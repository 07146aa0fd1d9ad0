// The concurrency models of the server programs, for suites that run over them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace socketserver::testing {

inline const std::vector<std::string> kAllModels{"iterative",   "threading",    "forking",
                                                 "thread-pool", "prethreading", "fiber"};
/// Those that serve others while a client is idle.
inline const std::vector<std::string> kConcurrentModels{kAllModels.begin() + 1, kAllModels.end()};

/// As a test may be named.
inline std::string name_of(std::string model) {
  std::ranges::replace(model, '-', '_');
  return model;
}

}  // namespace socketserver::testing
