// Asks an echo server.
#include <functional>
#include <iostream>
#include <memory>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/prompt.hpp"
#include "socketserver/service/echo.hpp"
#include "socketserver/service/packet.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "echo_client";

// How to ask one thing. The forms that end the connection with each answer need a new one for the next.
std::function<std::string(const std::string&)> asker(const apps::ClientOptions& where,
                                                     const std::string& mode, bool udp) {
  if (!udp && (mode == "once" || mode == "hello")) {
    return [where](const std::string& message) {
      Socket connection = where.connect();
      return echo_once(connection, message);
    };
  }
  const auto socket = std::make_shared<Socket>(udp ? where.connect_datagram() : where.connect());
  if (udp) return [socket](const std::string& message) { return ask_packet(*socket, message); };
  return [socket, where](const std::string& message) {
    std::string answer = echo(*socket, message);
    where.refuse_unasked(*socket);
    return answer;
  };
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [WORD]...",
      "Sends the words as one message, or else each line of standard input, and prints what "
      "comes back.");
  apps::ClientOptions where;
  where.port = 8007;  // as echo_server's
  std::string mode = "upper";
  bool udp = false;
  options.choice("mode", mode, {"upper", "once", "verbatim", "hello"}, "the server's mode");
  options.flag("udp", udp, "datagrams instead of connections");
  where.add_to(options);
  const std::vector<std::string> words = options.parse(argc, argv);
  if (udp && mode == "once") throw apps::UsageError("--mode once is for connections, not for --udp");
  const auto ask = asker(where, mode, udp);
  if (!words.empty()) {
    std::cout << ask(apps::joined(words)) << "\n";
    return 0;
  }
  for (apps::Prompt prompt("> "); const auto line = prompt.next();) std::cout << ask(*line) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
