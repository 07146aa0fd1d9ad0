// What a server has to tell.
#pragma once

#include <new>
#include <string>

namespace socketserver {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Adds a byte as \xHH: for those by which a peer could make lines of its own in a log, or talk to the
/// terminal that shows it.
void append_escaped(std::string& text, char byte);

/// What make() returns, or, where there is no memory for it, words that need none: for what is said where
/// nothing may be thrown.
template <class Make>
std::string text_if_memory(Make make) noexcept {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return "out of memory";  // short enough to be in the string itself
  }
}

/// A line on stderr, in one write, so that lines of several threads and processes do not mix. Control
/// characters of ASCII are escaped.
void log_to_stderr(const std::string& message) noexcept;

}  // namespace socketserver
