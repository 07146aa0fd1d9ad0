// The concurrency models of the server programs, for suites that run over them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace socketserver::testing {

inline const std::vector<std::string> kAllModels{"iterative",    "threading",  "forking", "thread-pool",
                                                 "prethreading", "preforking", "fiber"};
/// Those that serve others while a client is idle.
inline const std::vector<std::string> kConcurrentModels{kAllModels.begin() + 1, kAllModels.end()};

/// Those of a fixed number of workers, who serve one client at a time each.
inline const std::vector<std::string> kModelsOfWorkers{"thread-pool", "prethreading", "preforking"};

/// Does serve_forever() itself wait for requests in progress? Its socket is closed after that.
inline bool drains_in_the_loop(const std::string& model) {
  return model == "iterative" || model == "prethreading" || model == "preforking" || model == "fiber";
}

/// As a test may be named.
inline std::string name_of(std::string model) {
  std::ranges::replace(model, '-', '_');
  return model;
}

}  // namespace socketserver::testing
