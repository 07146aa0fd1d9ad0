// Runs shell commands for its clients.
#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/exec.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "exec_server";

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]...",
      "Runs the shell commands of its clients with the rights of whoever started it, and sends back "
      "what they print. Anybody who can connect can do anything you can.");
  apps::ServerOptions server;
  server.model = "threading";
  server.port = 8022;
  ExecOptions exec;
  std::string framing = "json";
  long long most_output = static_cast<long long>(exec.limits.output);
  bool allow_remote = false;
  options.choice("framing", framing, {"raw", "ready", "length", "json"}, "how an answer's end is told");
  options.seconds("command-timeout", exec.limits.time, "a command that runs longer is killed");
  options.integer("max-output", "BYTES", most_output, 1, 1LL << 30, "a command that prints more is killed");
  options.flag("allow-remote-commands", allow_remote,
               "listen on other addresses than those of this machine alone");
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  exec.framing = exec_framing(framing);
  exec.limits.output = static_cast<std::size_t>(most_output);
  const auto made = apps::make_stream_server(server, handler<ExecHandler>(exec));
  if (!allow_remote && !made->server_address().is_loopback())
    throw apps::UsageError(
        "listening on " + made->server_address().to_string() +
        " would let others run any command here; if you mean that, add --allow-remote-commands");
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
