#include "socketserver/service/time.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "socketserver/handler/linger.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/packet.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kDefaultFormat = "%Y-%m-%d %X";

// ISO C: those without a modifier, those that E may stand before, and those that O may.
constexpr std::string_view kPlain = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
constexpr std::string_view kAfterE = "cCxXyY", kAfterO = "deHImMSuUVwWy";
constexpr std::string_view kFlags = "-_0^#";  // GNU's, and those of other systems are among them

bool contains(std::string_view set, char c) { return set.find(c) != set.npos; }

// The size of the conversion that `text`, which begins with '%', begins with; 0: none that we know.
std::size_t conversion_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  std::size_t i = 1;
  if (at(i) != '\0' && contains(kFlags, at(i))) ++i;
  std::string_view allowed = kPlain;
  if (at(i) == 'E') allowed = kAfterE;
  if (at(i) == 'O') allowed = kAfterO;
  if (allowed != kPlain) ++i;
  return at(i) != '\0' && contains(allowed, at(i)) ? i + 1 : 0;
}

// What strftime leaves to each system, and what would make it count to a number that a stranger chose, is
// escaped.
std::string escape_unknown(std::string_view format) {
  std::string safe;
  while (!format.empty()) {
    const std::size_t size = format.front() == '%' ? conversion_size(format) : 1;
    safe += size == 0 ? "%%" : format.substr(0, size);
    format.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return safe;
}

// A format that is not a literal is what this service is about.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
// nullopt: it is more than fits.
std::optional<std::string> format_safe(std::string format, const std::tm& time) {
  // strftime returns 0 both for too much and for nothing ("%p" in some locales), so there is always
  // something.
  format += '.';
  std::string answer(kMostTime + 2, '\0');  // and the NUL
  const std::size_t size = std::strftime(answer.data(), answer.size(), format.c_str(), &time);
  if (size == 0) return std::nullopt;
  answer.resize(size - 1);
  return answer;
}
#pragma GCC diagnostic pop

constexpr char kFormatTooLong[] = "error: the format is too long";

}  // namespace

std::string time_answer(std::string_view format, std::time_t time) {
  if (format.empty()) format = kDefaultFormat;
  if (!is_utf8(format)) return "error: the format is not UTF-8";
  if (contains(format, '\0')) return "error: the format holds a NUL byte";
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return "error: the local time is not known";
  return format_safe(escape_unknown(format), local).value_or("error: the answer would be too long");
}

void TimePacketHandler::handle() {
  answer_packet(*this,
                request().truncated() ? kFormatTooLong : time_answer(request().packet(), std::time(nullptr)));
}

void TimeLineHandler::handle() {
  constexpr std::size_t kLineEnd = 2;  // "\r\n"
  connection().set_nodelay();
  while (auto line = rfile().readline(kMostTime + kLineEnd)) {
    const bool cut = line->size() == kMostTime + kLineEnd && !line->ends_with('\n');
    if (line->ends_with('\n')) line->pop_back();
    if (line->ends_with('\r')) line->pop_back();
    std::string answer = cut ? kFormatTooLong : time_answer(*line, std::time(nullptr));
    std::ranges::replace(answer, '\n', ' ');
    wfile().write(answer + '\n');
    if (cut) return end_politely(request());
  }
}

std::string TimeClient::ask(std::string_view format) {
  if (socket_.type() == SOCK_DGRAM) return ask_packet(socket_, format);
  if (contains(format, '\n')) throw std::invalid_argument("a format on a connection is one line");
  socket_.sendall(std::string(format) + '\n');
  auto line = read_answer();
  if (!line) throw EOFError("the server ended without an answer");
  if (!is_utf8(*line)) throw FramingError("what the server sent is no answer");  // it may be a challenge
  if (line->ends_with('\n')) line->pop_back();
  return *line;
}

std::optional<std::string> TimeClient::read_answer() try {
  return reader_.readline();
} catch (const TimeoutError&) {
  if (!reader_.has_buffered()) throw;
  throw FramingError("what the server sent is no line");
}

}  // namespace socketserver
