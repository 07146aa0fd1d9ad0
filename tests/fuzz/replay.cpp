// Runs a fuzz target over files, as libFuzzer's own main does, with any compiler: <name>_fuzz
// FILE|DIRECTORY... The last name on standard error is the input that a crash came from.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace fs = std::filesystem;

namespace {

void run(const fs::path& input) {
  std::fprintf(stderr, "%s\n", input.c_str());
  std::ifstream file(input, std::ios::binary);
  if (!file) throw std::runtime_error("cannot be read");
  // Of exactly this size on the heap, so that AddressSanitizer sees who reads past its end.
  std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::size_t run_all(const fs::path& directory) {
  std::size_t inputs = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) run(entry.path()), ++inputs;
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  try {
    for (const fs::path path : std::vector<std::string>(argv + 1, argv + argc)) {
      if (fs::is_directory(path))
        inputs += run_all(path);
      else
        run(path), ++inputs;
    }
    LLVMFuzzerTestOneInput(nullptr, 0);  // libFuzzer's first input, too
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%zu inputs\n", inputs);
  // A folder that holds nothing, or was given a wrong name, must not look like a success.
  return inputs == 0 ? 1 : 0;
}
