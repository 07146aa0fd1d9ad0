#include "socketserver/service/exec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "socketserver/handler/linger.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

// What shells return for what they cannot run.
constexpr int kCannotRun = 126;

CommandResult refusal(const std::string& why) {
  CommandResult result;
  result.err = "exec: " + why + "\n";
  result.status = kCannotRun;
  return result;
}

Json header_of(const CommandResult& result, bool streams) {
  Json header = Json::object();
  if (result.signal != 0)
    header.set("signal", result.signal);
  else
    header.set("status", result.status);
  if (result.timed_out) header.set("timed_out", true);
  if (result.truncated) header.set("truncated", true);
  if (streams) {
    header.set("stderr_size", result.err.size());
    header.set("stdout_size", result.out.size());
  }
  return header;
}

// Was there more of the request than one recv may take?
bool more_waits(Request& request) {
  char byte;
  return ::recv(request.fileno(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

ExecFraming exec_framing(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"raw", "ready", "length", "json"};
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end())
    throw std::invalid_argument("no framing is called '" + printable(name) + "': raw, ready, length or json");
  return static_cast<ExecFraming>(found - kNames.begin());
}

void ExecHandler::handle() {
  request().socket().set_nodelay();
  for (;;) {
    // Requests have no framing: one recv is one, which rfile() would not tell.
    const std::string command = request().recv(kExecRequestSize);
    if (command.empty()) return;
    if (command.size() == kExecRequestSize && more_waits(request())) {
      answer(refusal("a command has at most " + std::to_string(kExecRequestSize) + " bytes"), false);
      return end_politely(request());
    }
    const bool streams = options_.framing == ExecFraming::kJson && command.ends_with(kExecWantsStreams);
    answer(execute(command), streams);
  }
}

CommandResult ExecHandler::execute(std::string_view command) {
  if (!is_utf8(command)) return refusal("the command is not UTF-8");
  if (command.find('\0') != command.npos) return refusal("the command holds a NUL byte");
  return run_command(std::string(command), options_.limits, &request().socket());
}

void ExecHandler::answer(const CommandResult& result, bool streams) {
  const bool both = streams || options_.framing == ExecFraming::kRaw;
  const std::string bytes = both ? result.err + result.out : result.err.empty() ? result.out : result.err;
  switch (options_.framing) {
    case ExecFraming::kRaw:
      if (!bytes.empty()) request().sendall(bytes);
      return;
    case ExecFraming::kReady:
      return send_ready(bytes);
    case ExecFraming::kLength:
      return LengthPrefixed(rfile(), wfile(), bytes.size()).send(bytes);
    case ExecFraming::kJson:
      return HeaderFramed(rfile(), wfile(), kExecSizeKey, {.body = bytes.size()})
          .send(header_of(result, streams), bytes);
  }
}

void ExecHandler::send_ready(std::string_view bytes) {
  request().sendall(std::to_string(bytes.size()));
  std::string said;
  Deadline until;
  while (said.size() < kExecReady.size()) {
    if (until.expired()) throw TimeoutError(ETIMEDOUT, std::string(kExecReady) + " has not come in time");
    const std::string more = request().recv(kExecReady.size() - said.size());
    if (said.empty()) until = Deadline::after(server().deadlines.read);
    if (more.empty() && said.empty()) return;
    said += more;
    if (more.empty() || !kExecReady.starts_with(said))
      throw FramingError("expected " + std::string(kExecReady) + ", got '" + printable(said) + "'");
  }
  if (!bytes.empty()) request().sendall(bytes);
}

}  // namespace socketserver
