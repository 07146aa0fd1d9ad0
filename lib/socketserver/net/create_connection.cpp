#include "socketserver/net/create_connection.hpp"

#include "socketserver/net/error.hpp"

namespace socketserver {

Socket create_connection(const Address& address, Timeout timeout) {
  Socket socket = Socket::tcp();
  socket.settimeout(timeout);
  socket.connect(address);
  return socket;
}

Socket create_connection(const std::string& host, int port, Timeout timeout) {
  const auto addresses = resolve(host, port);
  for (std::size_t i = 0;; ++i) {
    try {
      return create_connection(addresses[i], timeout);
    } catch (const OSError&) {
      if (i + 1 == addresses.size()) throw;
    }
  }
}

}  // namespace socketserver
