// What a server has to tell.
#pragma once

#include <string>

namespace socketserver {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// A line on stderr, in one write, so that lines of several threads and processes do not mix.
void log_to_stderr(const std::string& message) noexcept;

}  // namespace socketserver
