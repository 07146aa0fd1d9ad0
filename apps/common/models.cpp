#include "common/models.hpp"

namespace socketserver::apps {

const std::vector<Model>& models() {
  using enum Model::Room;
  static const std::vector<Model> all{
      {"iterative", kOne},        {"threading", kAll},      {"forking", kAll}, {"thread-pool", kWorkers},
      {"prethreading", kWorkers}, {"preforking", kWorkers}, {"fiber", kAll},
  };
  return all;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Model& model : models()) names.push_back(model.name);
  return names;
}

}  // namespace socketserver::apps
