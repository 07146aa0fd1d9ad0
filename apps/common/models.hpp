// The concurrency models that server programs offer.
#pragma once

#include <string>
#include <vector>

namespace socketserver::apps {

struct Model {
  /// How many clients it serves at a time: one, one for each worker, or all.
  enum class Room { kOne, kWorkers, kAll };

  std::string name;  ///< as --model has it
  Room room;
};

/// All of them, in the order in which --help names them. This is the only list: a new model stands here, and
/// in what makes its server (serve.cpp).
const std::vector<Model>& models();
std::vector<std::string> model_names();

}  // namespace socketserver::apps
