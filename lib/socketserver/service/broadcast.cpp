#include "socketserver/service/broadcast.hpp"

#include <stdexcept>

namespace socketserver {
namespace {

void check_ipv4(const Address& address) {
  if (address.family() != AF_INET)
    throw std::invalid_argument(address.to_string() + " is not of IPv4, which alone has broadcast");
}

}  // namespace

Socket broadcast_sender(const Address& from) {
  Socket socket(AF_INET, SOCK_DGRAM);
  socket.setsockopt(SOL_SOCKET, SO_BROADCAST, 1);
  if (from.family() == AF_UNSPEC) return socket;
  check_ipv4(from);
  socket.bind(from);
  return socket;
}

void broadcast(Socket& sender, std::string_view message, const Address& to) {
  check_ipv4(to);
  sender.sendto(message, to);
}

// Linux lets those share a port that all have set either option, and gives a broadcast to all of them; the
// BSDs do so for SO_REUSEPORT alone. With both we get along with whatever else listens there.
Socket broadcast_receiver(const Address& at) {
  check_ipv4(at);
  Socket socket(AF_INET, SOCK_DGRAM);
  socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef SO_REUSEPORT
  socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
#endif
  socket.bind(at);
  return socket;
}

}  // namespace socketserver
