#include "socketserver/server/log.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <iterator>

namespace socketserver {
namespace {

std::string escaped(const std::string& message) {
  constexpr char kDelete = 0x7F;
  std::string text;
  for (const char c : message) {
    if (static_cast<unsigned char>(c) < ' ' || c == kDelete)
      append_escaped(text, c);
    else
      text += c;
  }
  return text;
}

}  // namespace

void append_escaped(std::string& text, char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto number = static_cast<unsigned char>(byte);
  text += "\\x";
  text += kDigits[number >> 4];
  text += kDigits[number & 15];
}

void log_to_stderr(const std::string& message) noexcept {
  std::string text = text_if_memory([&] { return escaped(message); });
  char end[] = {'\n'};
  const iovec line[] = {{text.data(), text.size()}, {end, sizeof end}};
  // There is nobody to tell of a failure.
  [[maybe_unused]] const auto written = ::writev(STDERR_FILENO, line, std::size(line));
}

}  // namespace socketserver
