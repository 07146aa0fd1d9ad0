#include "common/serve.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <stdexcept>

#include "socketserver/concurrency/fiber.hpp"
#include "socketserver/concurrency/forking.hpp"
#include "socketserver/concurrency/preforking.hpp"
#include "socketserver/concurrency/prethreading.hpp"
#include "socketserver/concurrency/thread_pool.hpp"
#include "socketserver/concurrency/threading.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/server/access_log.hpp"
#include "socketserver/server/activated_sockets.hpp"
#include "socketserver/server/chrome_trace.hpp"

namespace socketserver::apps {
namespace {

// Python's 40 children are too few for a server whose clients stay; a thousand cost some hundred MB.
constexpr std::size_t kMostChildren = 1024;
// All that a UDP datagram can carry is 65,507 bytes; Unix datagrams may be longer, which this cuts.
constexpr std::size_t kMostDatagram = 65'535;

// Each connection has a descriptor, and one more for its process in a forking server, or for the file that it
// is sent; beside them a few of the server's own, and of libraries.
constexpr rlim_t kDescriptorsEach = 2, kDescriptorsOwn = 64;

// ---- making a server ----

/// Where to listen: an address, or over a socket that has one already.
struct Place {
  Address address;
  Fd given;
};

template <class Server>
std::unique_ptr<SocketServer> make_server(Place& place, const ServerOptions& options,
                                          RequestHandlerClass handler) {
  auto server = std::make_unique<Server>(place.address, std::move(handler));
  if (place.given) server->adopt(std::move(place.given));
  if constexpr (std::derived_from<Server, UDPServer>) server->max_packet_size = kMostDatagram;
  const auto most = static_cast<std::size_t>(options.max_connections);
  if (most > 0) server->max_connections = most;
  if constexpr (requires { server->max_children; }) server->max_children = most > 0 ? most : kMostChildren;
  if constexpr (requires { server->workers; }) {
    if (options.workers > 0) server->workers = static_cast<std::size_t>(options.workers);
  } else if (options.workers > 0) {
    throw UsageError("--workers: the model has no fixed number of them");
  }
  server->max_per_source = static_cast<std::size_t>(options.max_per_source);
  if (options.when_full == "refuse") server->when_full = WhenFull::kRefuse;
  // Each of those processes serves one request at a time.
  if constexpr (requires { server->restart_workers(); })
    if (most > 0) server->workers = std::min(server->workers, most);
  server->drain_timeout = options.drain.value_or(std::chrono::nanoseconds::max());
  server->deadlines = {options.idle, options.read, options.idle, options.write, options.request};
  server->log_level = options.log_level == "debug"     ? LogLevel::kDebug
                      : options.log_level == "info"    ? LogLevel::kInfo
                      : options.log_level == "warning" ? LogLevel::kWarning
                                                       : LogLevel::kError;
  return server;
}

template <class Base>
std::unique_ptr<SocketServer> make_of_model(const std::string& model, Place& place,
                                            const ServerOptions& options, RequestHandlerClass handler) {
  if (model == "forking") return make_server<ForkingMixIn<Base>>(place, options, std::move(handler));
  if (model == "threading") return make_server<ThreadingMixIn<Base>>(place, options, std::move(handler));
  if (model == "fiber") return make_server<FiberMixIn<Base>>(place, options, std::move(handler));
  if (model == "thread-pool") return make_server<ThreadPoolMixIn<Base>>(place, options, std::move(handler));
  if (model == "prethreading")
    return make_server<PrethreadingMixIn<Base>>(place, options, std::move(handler));
  if (model == "preforking") return make_server<PreforkingMixIn<Base>>(place, options, std::move(handler));
  return make_server<Base>(place, options, std::move(handler));
}

Place find_place(const ServerOptions& options) {
  std::vector<ActivatedSocket> given;
  try {
    given = activated_sockets();
    if (given.size() > 1)
      throw std::runtime_error("cannot listen: LISTEN_FDS hands over " + std::to_string(given.size()) +
                               " sockets, not one");
    if (given.empty()) return {options.address(), {}};
    Socket socket(std::move(given.front().fd));
    Address address = socket.getsockname();
    return {address, socket.detach()};
  } catch (const OSError& error) {
    throw std::runtime_error("cannot listen on what LISTEN_FDS hands over: " + error.code().message());
  }
}

// Once it is bound: another server that runs at the same place may be using these files.
void add_observers(SocketServer& server, ServerOptions& options) {
  if (!options.access_log.empty()) options.observers.add(std::make_unique<AccessLog>(options.access_log));
  if (!options.trace.empty())
    options.observers.add(std::make_unique<ChromeTrace>(options.trace, "socketserver"));
  if (!options.observers.empty()) server.observer = &options.observers;
}

// Those that serve one client at a time, each of its processes at least, never have one too many.
void refuse_idle_limits(const std::string& model, const ServerOptions& options) {
  if (model != "iterative" && model != "preforking") return;
  const std::string why =
      ": " + model + " serves one client at a time" + (model == "preforking" ? " in each process" : "");
  if (options.max_per_source > 0) throw UsageError("--max-per-source" + why);
  if (options.when_full != "wait") throw UsageError("--when-full " + options.when_full + why);
}

template <class OverIP, class OverUnix>
std::unique_ptr<SocketServer> make_at_place(const std::string& model, ServerOptions& options,
                                            RequestHandlerClass handler) {
  refuse_idle_limits(model, options);
  Place place = find_place(options);
  try {
    return place.address.family() == AF_UNIX
               ? make_of_model<OverUnix>(model, place, options, std::move(handler))
               : make_of_model<OverIP>(model, place, options, std::move(handler));
  } catch (const std::invalid_argument& error) {  // of adopt()
    cannot_listen("", error);
  }
}

// The limit that shells set by default, 1024, is that of programs that use select(2); the hard one counts.
void raise_descriptor_limit(std::size_t connections) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = kDescriptorsEach * connections + kDescriptorsOwn;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Whom it could accept, but then not open a file for, is better off in the backlog.
void leave_room_for_files(SocketServer& server, std::size_t asked_for) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t left = limit.rlim_cur - std::min(kDescriptorsOwn, limit.rlim_cur / 4);
  const rlim_t room = std::max<rlim_t>(left / kDescriptorsEach, 1);
  if (room >= server.max_connections) return;
  server.max_connections = static_cast<std::size_t>(room);
  if (asked_for > room)
    server.log_message(LogLevel::kWarning, "--max-connections: there is room for " + std::to_string(room) +
                                               ", each with a file (ulimit -n " +
                                               std::to_string(limit.rlim_cur) + ")");
}

// ---- signals ----

std::atomic<SocketServer*> served{nullptr};
std::atomic<pid_t> serving_process{0};

constexpr int kEndingSignals[] = {SIGINT, SIGTERM};

// What a hang-up asks of a server that has workers; null for others, which it ends.
using Restart = void (*)(SocketServer&);
std::atomic<Restart> restart_served{nullptr};

template <class... Bases>
Restart restart_of(SocketServer& server) {
  Restart found = nullptr;
  const auto look = [&]<class Server>(const Server*) {
    if (dynamic_cast<Server*>(&server) != nullptr)
      found = [](SocketServer& one) { static_cast<Server&>(one).request_restart(); };
  };
  (look(static_cast<const PreforkingMixIn<Bases>*>(nullptr)), ...);
  return found;
}

void set_action(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  for (const int signal : kEndingSignals) sigaddset(&action.sa_mask, signal);
  for (const int signal : kEndingSignals) ::sigaction(signal, &action, nullptr);
}

// The next one ends the process. In a child that serves one client, a Ctrl-C that the whole group gets must
// not cut that client off, and a signal to the child alone must not end the server.
void on_signal(int) {
  set_action(SIG_DFL);
  if (::getpid() == serving_process) served.load()->request_shutdown();
}

void on_hangup(int) {
  if (::getpid() == serving_process) restart_served.load()(*served);
}

class SignalScope {
 public:
  explicit SignalScope(SocketServer& server) {
    served = &server;
    serving_process = ::getpid();
    restart_served = restart_of<TCPServer, UnixStreamServer, UDPServer, UnixDatagramServer>(server);
    set_action(&on_signal);
    if (restart_served != nullptr) ::signal(SIGHUP, &on_hangup);
  }
  ~SignalScope() {
    set_action(SIG_DFL);
    if (restart_served != nullptr) ::signal(SIGHUP, SIG_DFL);
    served = nullptr;
  }
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;
};

}  // namespace

std::unique_ptr<SocketServer> make_stream_server(ServerOptions& options, RequestHandlerClass handler) {
  const std::string model = options.model.empty() ? "threading" : options.model;
  return make_at_place<TCPServer, UnixStreamServer>(model, options, options.auth.guard(std::move(handler)));
}

std::unique_ptr<SocketServer> make_datagram_server(ServerOptions& options, RequestHandlerClass handler) {
  if (options.auth.wanted()) throw UsageError("--auth-key-file is for connections, not for datagrams");
  const std::string model = options.model.empty() ? "iterative" : options.model;
  return make_at_place<UDPServer, UnixDatagramServer>(model, options, std::move(handler));
}

int serve(const std::string& program, SocketServer& server, ServerOptions& options,
          const std::function<std::shared_ptr<void>()>& begin_beside) {
  raise_descriptor_limit(server.max_connections);
  if (options.opens_files) leave_room_for_files(server, static_cast<std::size_t>(options.max_connections));
  const SignalScope signals(server);
  try {
    server.bind_and_activate();
  } catch (const OSError& error) {
    cannot_listen(server.server_address().to_string(), error);
  }
  add_observers(server, options);
  std::cout << program << " listening on " << server.server_address().to_string() << std::endl;
  if (!std::cout) throw std::runtime_error("cannot write to standard output where it listens");
  std::shared_ptr<void> beside = begin_beside ? begin_beside() : nullptr;
  server.serve_forever();
  beside.reset();
  server.server_close();
  return 0;
}

}  // namespace socketserver::apps
