#include "socketserver/service/packet.hpp"

#include <cerrno>
#include <optional>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// UDP throws away what its receiver has no room for, but a Unix socket waits, for ever if that one never
// reads.
void send_or_lose(Socket& socket, std::string_view answer, const Address& to) {
  socket.sendto(answer, to, to.family() == AF_UNIX ? MSG_DONTWAIT : 0);
}

}  // namespace

void answer_packet(const BaseRequestHandler& handler, std::string_view answer) {
  try {
    send_or_lose(handler.request().socket(), answer, handler.client_address());
  } catch (const OSError& error) {
    handler.server().log_message(LogLevel::kDebug, std::string("an answer is lost: ") + error.what());
  }
}

std::string ask_packet(Socket& socket, std::string_view question) {
  constexpr std::size_t kMost = 65'536;  // no datagram of UDP is longer
  socket.send(question);
  try {
    return socket.recv(kMost);
  } catch (const TimeoutError& error) {
    throw_os_error(error.errnum(), "no answer from " + socket.getpeername().to_string());
  }
}

}  // namespace socketserver
