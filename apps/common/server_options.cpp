#include "common/server_options.hpp"

#include <stdexcept>

#include "common/models.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver::apps {

void ServerOptions::add_to(Options& options) {
  options.host("host", host, "address to listen on; '*' is every one, IPv6 and IPv4");
  if (!host_also.empty()) options.also(host_also);
  options.integer("port", "PORT", port, 0, 65535,
                  "port to listen on; 0: any free one; a socket from systemd (LISTEN_FDS) counts instead");
  options.path("unix", "PATH", unix_path, "listen on a Unix socket instead");
  options.choice("model", model, model_names(),
                 model.empty() ? "what each request runs in (default: threading; for datagrams iterative)"
                               : "what each request runs in");
  options.integer(
      "workers", "N", workers, 0, 10'000,
      "threads of a thread-pool or prethreading server, processes of a preforking one, event loops of "
      "one with fibers; 0: as many as the model has by default");
  options.integer("max-connections", "N", max_connections, 0, 1'000'000,
                  "requests in progress at once, others wait; 0: 16384 threads or 1024 processes");
  options.integer("max-per-source", "N", max_per_source, 0, 1'000'000,
                  "of one client (an IPv4 address, or 64 bits of IPv6), others are refused; 0: no limit");
  options.choice("when-full", when_full, {"wait", "refuse"},
                 "whether clients for whom there is no room wait or are refused");
  options.seconds("drain-timeout", drain,
                  "after SIGINT or SIGTERM, for those in progress; 0: cut them off at once",
                  Options::Zero::kNoTime);
  options.seconds("idle-timeout", idle, "of a connection whose client says nothing");
  options.seconds("read-timeout", read, "of a connection whose client stops in the middle");
  options.seconds("write-timeout", write, "of a connection whose client takes no answer");
  options.seconds("request-timeout", request, "of a connection in all");
  if (may_authenticate) auth.add_to(options);
  options.choice("log-level", log_level, {"debug", "info", "warning", "error"},
                 "what to log on standard error");
  options.path(
      "access-log", "FILE", access_log,
      "a line for each connection: client, seconds, bytes in and out, outcome; '-': standard output");
  options.path("trace", "FILE", trace,
               "what happens to each connection, for ui.perfetto.dev (Chrome's trace-event JSON)");
  options.excludes("unix", {"host", "port"});
}

Address ServerOptions::address() const {
  try {
    return unix_path.empty() ? Address(host, static_cast<int>(port)) : Address(unix_path);
  } catch (const std::exception& error) {
    cannot_listen(unix_path.empty() ? host + ":" + std::to_string(port) : "unix:" + unix_path, error);
  }
}

// An error of the system gives the reason alone; others, about an address that cannot be one, name it
// themselves.
void cannot_listen(const std::string& where, const std::exception& error) {
  const auto* os_error = dynamic_cast<const OSError*>(&error);
  if (os_error == nullptr) throw std::runtime_error(std::string("cannot listen: ") + error.what());
  throw std::runtime_error("cannot listen on " + where + ": " + os_error->code().message());
}

}  // namespace socketserver::apps
