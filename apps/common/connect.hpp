// What every client program does first: options, and a socket to the server.
#pragma once

#include <string>

#include "common/auth_options.hpp"
#include "common/options.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver::apps {

/// Where the server is. A program sets its own defaults, then calls add_to().
struct ClientOptions {
  std::string host = "127.0.0.1";
  long long port = 0;
  std::string unix_path;  ///< empty: host and port count
  /// How long to wait for the server each time; longer than a person is willing to without a sign of life.
  Timeout timeout = std::chrono::seconds(30);
  /// Does connect() give a connection on which the service itself is spoken to?
  bool may_authenticate = true;
  ClientAuthOptions auth;

  /// Adds --host, --port, --unix, --timeout, and those of authentication. `*this` must outlive
  /// options.parse().
  void add_to(Options& options);
  /// The first address of the host, or the path.
  Address address() const;
  /// "127.0.0.1:80", "unix:PATH": what the user asked for, for messages; no name is looked up.
  std::string where() const;

  /// A connection over TCP or a Unix stream, with `timeout` set: to the first address of the host that
  /// answers. Authenticated, if that is wanted. Throws std::runtime_error, "cannot connect to ..." or "cannot
  /// authenticate to ...", and what AuthKey::read() does.
  Socket connect() const;
  /// A socket for datagrams that is connected to the server, so that it hears only of that one and learns
  /// when nobody is there, with `timeout` set. Throws as connect(), and UsageError where it should
  /// authenticate.
  Socket connect_datagram() const;
  /// Throws std::runtime_error where more has come than what was asked for: the server may want a key.
  void refuse_unasked(const Socket& connection) const { auth.refuse_unasked(connection, where()); }
};

/// A name for a Unix socket of datagrams of ours, a new one each time: an answer needs one to go to. It is in
/// the abstract namespace, and so leaves no file behind, however the program ends.
Address own_datagram_name();

}  // namespace socketserver::apps
