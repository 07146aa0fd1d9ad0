#include "comparison/process_memory.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace socketserver::apps {
namespace {

namespace fs = std::filesystem;

// proc(5): the parent is the second field behind the name, which stands in parentheses and may hold anything.
pid_t parent_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/stat");
  std::string line, state;
  std::getline(file, line);
  std::istringstream behind_name(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  pid_t parent = 0;
  behind_name >> state >> parent;
  return parent;
}

std::vector<std::pair<pid_t, pid_t>> processes_and_parents() {
  std::vector<std::pair<pid_t, pid_t>> all;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.find_first_not_of("0123456789") == name.npos) all.emplace_back(std::stoi(name), parent_of(name));
  }
  return all;
}

std::set<pid_t> family_of(pid_t process) {
  const auto all = processes_and_parents();
  std::set<pid_t> family{process};
  for (std::size_t before = 0; before != family.size();) {
    before = family.size();
    for (const auto& [one, parent] : all)
      if (family.contains(parent)) family.insert(one);
  }
  return family;
}

// "Pss" is the process's own memory, and its share of what it shares.
std::optional<std::uint64_t> proportional_set(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> memory_of(pid_t process) {
  std::optional<std::uint64_t> sum;
  for (const pid_t one : family_of(process))
    if (const auto bytes = proportional_set(one)) sum = sum.value_or(0) + *bytes;
  return sum;
}

}  // namespace socketserver::apps
