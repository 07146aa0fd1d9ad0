#include "socketserver/server/log.hpp"

#include <unistd.h>

namespace socketserver {

void log_to_stderr(const std::string& message) noexcept {
  const std::string line = message + "\n";
  // There is nobody to tell of a failure.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace socketserver
