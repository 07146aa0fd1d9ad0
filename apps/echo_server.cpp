// Sends back what it receives.
#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/service/echo.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "echo_server";

int run(int argc, char** argv) {
  apps::Options options(kProgram, "[OPTION]...", "Sends back what it receives.");
  apps::ServerOptions server;
  server.port = 8007;  // echo is port 7 of the Internet's first services, which only root may bind
  std::string mode = "upper";
  bool udp = false;
  options.choice("mode", mode, {"upper", "once", "verbatim", "hello"},
                 "upper: in upper case; once: the same, one message a connection; verbatim: as it is; "
                 "hello: 'hi' instead");
  options.flag("udp", udp, "datagrams instead of connections");
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  if (udp && mode == "once") throw apps::UsageError("--mode once is for connections, not for --udp");
  const auto made = udp ? apps::make_datagram_server(server, echo_packet_handler(mode))
                        : apps::make_stream_server(server, echo_handler(mode));
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
