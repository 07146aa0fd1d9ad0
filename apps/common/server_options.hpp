// What every server program can be told.
#pragma once

#include <exception>
#include <string>

#include "common/auth_options.hpp"
#include "common/options.hpp"
#include "socketserver/net/address.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/server/observer_list.hpp"

namespace socketserver::apps {

/// Where and how to serve. A program sets its own defaults, then calls add_to().
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::vector<std::string> host_also;  ///< other ways to write --host
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
  /// Has each connection a file open at times? Then it needs room for one more descriptor.
  bool opens_files = false;
  bool may_authenticate = true;
  ServerAuthOptions auth;
  std::string log_level = "warning";
  std::string access_log, trace;  ///< files; empty: none
  ObserverList observers;         ///< what makes them; must outlive the server, and is filled by serve()

  /// Adds --host, --port, --unix, --model, --workers, and those of limits, deadlines, authentication and
  /// logging.
  /// `*this` must outlive options.parse().
  void add_to(Options& options);
  /// Where to listen. Throws std::runtime_error, "cannot listen on ...", for a name that is not known, or a
  /// path that cannot be one.
  Address address() const;
};

/// Throws std::runtime_error, "cannot listen on WHERE: REASON".
[[noreturn]] void cannot_listen(const std::string& where, const std::exception& error);

}  // namespace socketserver::apps
