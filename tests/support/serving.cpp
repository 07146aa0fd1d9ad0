#include "support/serving.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace socketserver::testing {
namespace {

std::size_t entries_of(const std::string& directory) {
  using Iterator = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Iterator(directory), Iterator()));
}

}  // namespace

std::size_t open_descriptors() { return entries_of("/proc/self/fd"); }
std::size_t open_descriptors(pid_t child) { return entries_of("/proc/" + std::to_string(child) + "/fd"); }
std::size_t running_threads(pid_t child) { return entries_of("/proc/" + std::to_string(child) + "/task"); }
std::size_t memory_mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}
std::size_t running_threads() {
  // A sanitizer starts a thread of its own along with the first of the program.
  [[maybe_unused]] static const bool first = [] {
    std::string entry;
    std::thread([&] { entry = "/proc/self/task/" + std::to_string(::gettid()); }).join();
    return eventually([&] { return ::access(entry.c_str(), F_OK) < 0; });
  }();
  return entries_of("/proc/self/task");
}

std::string read_all(Socket& socket) {
  std::string all;
  for (std::string data; !(data = socket.recv(65536)).empty();) all += data;
  return all;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "socketserver-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw_os_error(errno, "mkdtemp " + name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace socketserver::testing
