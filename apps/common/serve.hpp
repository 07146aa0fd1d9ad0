// What every server program does: options, the concurrency model, serving until a signal.
#pragma once

#include <memory>
#include <string>

#include "common/options.hpp"
#include "socketserver/server/observer_list.hpp"
#include "socketserver/server/socket_server.hpp"

namespace socketserver::apps {

/// Where and how to serve. A program sets its own defaults, then calls add_to().
struct ServerOptions {
  std::string host = "127.0.0.1";
  long long port = 0;
  std::string unix_path;  ///< empty: host and port count
  std::string model;      ///< empty: threading, or iterative where requests are datagrams
  long long workers = 0;  ///< of models that have a number of them; 0: the model's own default
  /// Empty: as many as the model has room for, see the .cpp file.
  long long max_connections = 0;
  Timeout drain = std::chrono::seconds(5);  ///< how long requests in progress may go on after a signal
  /// A person at the other end thinks for minutes; a peer that died without a word must go some day.
  Timeout idle = std::chrono::minutes(10);
  /// In the middle of something only the network can be slow: TCP sends a lost packet again 6 times in a
  /// minute.
  Timeout read = std::chrono::minutes(1), write = std::chrono::minutes(1);
  Timeout request;               ///< of a whole connection; not limited: a client that works may go on
  long long max_per_source = 0;  ///< 0: no limit
  std::string when_full = "wait";
  std::string log_level = "warning";
  std::string access_log, trace;  ///< files; empty: none
  ObserverList observers;         ///< what makes them; must outlive the server, and is filled by serve()

  /// Adds --host, --port, --unix, --model, --workers, and those of limits, deadlines and logging.
  /// `*this` must outlive options.parse().
  void add_to(Options& options);
  /// Where to listen. Throws std::runtime_error, "cannot listen on ...", for a name that is not known, or a
  /// path that cannot be one.
  Address address() const;
};

/// The server of the model that was asked for, over TCP or a Unix stream, with all limits set. Where systemd
/// has handed over a socket (LISTEN_FDS), over that instead of the address. Once in a process. Throws
/// std::runtime_error, "cannot listen ...", for one of another kind, or more than one, and UsageError for
/// options that the model has no use for.
std::unique_ptr<SocketServer> make_stream_server(ServerOptions& options, RequestHandlerClass handler);

/// The same over UDP or Unix datagrams. Datagrams of every size arrive whole.
std::unique_ptr<SocketServer> make_datagram_server(ServerOptions& options, RequestHandlerClass handler);

/// Binds, opens the logs of `options`, prints "<program> listening on ADDRESS", and serves until SIGINT or
/// SIGTERM; then closes the server, for which those in progress have the drain deadline, and returns 0. A
/// second signal ends the process at once. SIGHUP has a preforking server replace its workers. Throws
/// std::runtime_error, "cannot listen on ...", when it cannot bind. Once in a process, in its main thread.
int serve(const std::string& program, SocketServer& server, ServerOptions& options);

}  // namespace socketserver::apps
