// Asks for the time.
#include <iostream>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/prompt.hpp"
#include "socketserver/service/time.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "time_client";

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [FORMAT]...",
      "Sends the words as one strftime format, or else each line of standard input, and prints "
      "the time that comes back. An empty format means '%Y-%m-%d %X'.");
  apps::ClientOptions where;
  where.port = 8013;  // as time_server's
  bool tcp = false;
  options.flag("tcp", tcp, "a connection instead of datagrams");
  where.add_to(options);
  const std::vector<std::string> words = options.parse(argc, argv);
  TimeClient client(tcp ? where.connect() : where.connect_datagram());
  if (!words.empty()) {
    std::cout << client.ask(apps::joined(words)) << "\n";
    return 0;
  }
  for (apps::Prompt prompt("format> "); const auto line = prompt.next();)
    std::cout << client.ask(*line) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
