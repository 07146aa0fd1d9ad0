// Tells the time.
#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/time.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "time_server";

int run(int argc, char** argv) {
  apps::Options options(kProgram, "[OPTION]...",
                        "Answers each datagram, which is a strftime format, with the local time.");
  apps::ServerOptions server;
  server.port = 8013;  // daytime is port 13 of the Internet's first services, which only root may bind
  bool tcp = false;
  options.flag("tcp", tcp, "connections instead of datagrams: a line in, a line out");
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  const auto made = tcp ? apps::make_stream_server(server, handler<TimeLineHandler>())
                        : apps::make_datagram_server(server, handler<TimePacketHandler>());
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
