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

// A datagram over a Unix socket can only be answered where its sender has a name. One in the abstract
// namespace leaves no file behind, however the program ends.
void bind_own_name(Socket& socket) {
  static int count = 0;
  socket.bind(
      Address('\0' + ("socketserver-client-" + std::to_string(::getpid()) + "-" + std::to_string(++count))));
}

}  // namespace

void ClientOptions::add_to(Options& options) {
  options.value("host", "HOST", host, "the server's name, IPv4 or IPv6 address");
  options.integer("port", "PORT", port, 1, 65535, "the server's port");
  options.path("unix", "PATH", unix_path, "the server's Unix socket, instead of host and port");
  options.seconds("timeout", timeout, "how long to wait for the server each time");
  options.excludes("unix", {"host", "port"});
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
  return or_say(*this, [this] {
    return unix_path.empty() ? create_connection(host, static_cast<int>(port), timeout)
                             : create_connection(address(), timeout);
  });
}

Socket ClientOptions::connect_datagram() const {
  return or_say(*this, [this] {
    Socket socket = Socket::udp();
    socket.settimeout(timeout);
    if (!unix_path.empty()) bind_own_name(socket);
    socket.connect(address());
    return socket;
  });
}

}  // namespace socketserver::apps
