#include "socketserver/server/log.hpp"

#include <unistd.h>

#include <new>

namespace socketserver {

void append_escaped(std::string& text, char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto number = static_cast<unsigned char>(byte);
  text += "\\x";
  text += kDigits[number >> 4];
  text += kDigits[number & 15];
}

void log_to_stderr(const std::string& message) noexcept try {
  constexpr char kDelete = 0x7F;
  std::string line;
  for (const char c : message) {
    if (static_cast<unsigned char>(c) < ' ' || c == kDelete)
      append_escaped(line, c);
    else
      line += c;
  }
  line += '\n';
  // There is nobody to tell of a failure.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
} catch (const std::bad_alloc&) {
}

}  // namespace socketserver
