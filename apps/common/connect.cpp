#include "common/connect.hpp"

#include <unistd.h>

#include <stdexcept>

#include "socketserver/net/create_connection.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver::apps {
namespace {

template <class Make>
auto or_say(const ClientOptions& options, Make make) {
  try {
    return make();
  } catch (const OSError& error) {
    throw std::runtime_error("cannot connect to " + options.where() + ": " + error.code().message());
  }
}

}  // namespace

void ClientOptions::add_to(Options& options) {
  options.host("host", host, "the server's name, IPv4 or IPv6 address");
  options.integer("port", "PORT", port, 1, 65535, "the server's port");
  options.path("unix", "PATH", unix_path, "the server's Unix socket, instead of host and port");
  options.seconds("timeout", timeout, "how long to wait for the server each time");
  options.excludes("unix", {"host", "port"});
  if (may_authenticate) auth.add_to(options);
}

Address ClientOptions::address() const {
  return unix_path.empty() ? Address(host, static_cast<int>(port)) : Address(unix_path);
}

std::string ClientOptions::where() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool ipv6 = host.find(':') != host.npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Socket ClientOptions::connect() const {
  if (auth.wanted()) auth.key();  // whose errors come before anybody is connected
  Socket socket = or_say(*this, [this] {
    return unix_path.empty() ? create_connection(host, static_cast<int>(port), timeout)
                             : create_connection(address(), timeout);
  });
  auth.prove(socket, where(), timeout);
  return socket;
}

Socket ClientOptions::connect_datagram() const {
  if (auth.wanted()) throw UsageError("--auth-key-file is for connections, not for datagrams");
  return or_say(*this, [this] {
    Socket socket = Socket::udp();
    socket.settimeout(timeout);
    if (!unix_path.empty()) socket.bind(own_datagram_name());
    socket.connect(address());
    return socket;
  });
}

Address own_datagram_name() {
  static int count = 0;
  return Address('\0' +
                 ("socketserver-client-" + std::to_string(::getpid()) + "-" + std::to_string(++count)));
}

}  // namespace socketserver::apps
