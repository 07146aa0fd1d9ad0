#include "socketserver/service/exec.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "socketserver/handler/linger.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/net/deadline_scope.hpp"
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
    // Requests have no framing: one recv is one, which rfile() would not tell. A byte more than they may have
    // tells of those that are too long.
    const std::string command = request().recv(kExecRequestSize + 1);
    if (command.empty()) return;
    if (command.size() > kExecRequestSize) {
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

// The streams may be long: they go as they are, and not in a copy.
void ExecHandler::answer(const CommandResult& result, bool streams) {
  const bool both = streams || options_.framing == ExecFraming::kRaw;
  const std::string_view err = result.err, out = both || err.empty() ? std::string_view(result.out) : "";
  const std::size_t size = err.size() + out.size();
  const std::string head = head_of(result, streams, size);
  if (options_.framing == ExecFraming::kReady && !send_ready(size)) return;
  const auto send = [&](std::string_view piece, bool more) {
    if (!piece.empty()) request().sendall(piece, more ? MSG_MORE : 0);
  };
  send(head, size > 0);
  send(err, !out.empty());
  send(out, false);
}

std::string ExecHandler::head_of(const CommandResult& result, bool streams, std::size_t size) {
  if (options_.framing == ExecFraming::kLength) return pack_i32(static_cast<std::int32_t>(size));
  if (options_.framing != ExecFraming::kJson) return {};
  Writer head;
  HeaderFramed(rfile(), head, kExecSizeKey, {.body = size}).send_header(header_of(result, streams), size);
  return head.getvalue();
}

// False when the client says nothing more.
bool ExecHandler::send_ready(std::size_t size) {
  request().sendall(std::to_string(size));
  std::string said;
  std::optional<DeadlineScope> end;
  while (said.size() < kExecReady.size()) {
    const std::string more = request().recv(kExecReady.size() - said.size());
    if (said.empty()) end.emplace(request().socket(), Deadline::after(server().deadlines.read));
    if (more.empty() && said.empty()) return false;
    said += more;
    if (more.empty() || !kExecReady.starts_with(said))
      throw FramingError("expected " + std::string(kExecReady) + ", got '" + printable(said) + "'");
  }
  return true;
}

}  // namespace socketserver
