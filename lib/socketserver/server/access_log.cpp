#include "socketserver/server/access_log.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <exception>

#include "socketserver/server/log.hpp"

namespace socketserver {
namespace {

std::string as_word(const std::string& text) {
  std::string word;
  for (const char c : text) {
    if (c > ' ' && c <= '~' && c != '\\')
      word += c;
    else
      append_escaped(word, c);
  }
  return word;
}

}  // namespace

void AccessLog::on_change(const ConnectionEvent& event) noexcept {
  if (event.state != ConnectionState::kClosed && event.state != ConnectionState::kRefused) return;
  const double seconds = std::chrono::duration<double>(event.time - event.accepted).count();
  std::array<char, 128> rest;  // three numbers and a word
  std::snprintf(rest.data(), rest.size(), " %.6f %" PRIu64 " %" PRIu64 " %s\n", seconds, event.received,
                event.sent, to_string(event.outcome));
  try {
    file_.write(as_word(event.client.to_string()) + rest.data());
  } catch (const std::exception&) {  // no memory for the line
  }
}

}  // namespace socketserver
