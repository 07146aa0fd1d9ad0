// What every server program does: the server of the model that was asked for, serving until a signal.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/server_options.hpp"
#include "socketserver/server/socket_server.hpp"

namespace socketserver::apps {

/// The server of the model that was asked for, over TCP or a Unix stream, with all limits set. Clients
/// authenticate where `options` say so. Where systemd
/// has handed over a socket (LISTEN_FDS), over that instead of the address. Once in a process. Throws
/// std::runtime_error, "cannot listen ...", for one of another kind, or more than one, and UsageError for
/// options that the model has no use for; and what AuthKey::read() throws.
std::unique_ptr<SocketServer> make_stream_server(ServerOptions& options, RequestHandlerClass handler);

/// The same over UDP or Unix datagrams. Datagrams of every size arrive whole.
/// UsageError, too, where clients should authenticate.
std::unique_ptr<SocketServer> make_datagram_server(ServerOptions& options, RequestHandlerClass handler);

/// Binds, opens the logs of `options`, prints "<program> listening on ADDRESS", and serves until SIGINT or
/// SIGTERM; then closes the server, for which those in progress have the drain deadline, and returns 0. A
/// second signal ends the process at once. SIGHUP has a preforking server replace its workers. Throws
/// std::runtime_error, "cannot listen on ...", when it cannot bind. Once in a process, in its main thread.
///
/// `begin_beside` is called after that line, once the server's socket is there; what it returns goes before
/// that is closed: a thread that uses it, too.
int serve(const std::string& program, SocketServer& server, ServerOptions& options,
          const std::function<std::shared_ptr<void>()>& begin_beside = {});

}  // namespace socketserver::apps
