#include "socketserver/service/packet.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/net/send_batch.hpp"

namespace socketserver {
namespace {

// UDP throws away what its receiver has no room for, but a Unix socket waits, for ever if that one never
// reads.
void send_or_lose(Socket& socket, std::string_view answer, const Address& to) {
  socket.sendto(answer, to, to.family() == AF_UNIX ? MSG_DONTWAIT : 0);
}

msghdr message_to(const Address& to, iovec& bytes) {
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.data());
  message.msg_namelen = to.size();
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return message;
}

// Once more where the network had no room; false when it is in vain.
bool send_later(Socket& socket, std::string_view packet, const Address& to, int error) {
  if (error != EAGAIN && error != EWOULDBLOCK && error != ENOBUFS && error != EINTR) return false;
  try {
    send_or_lose(socket, packet, to);
    return true;
  } catch (const OSError&) {
    return false;
  }
}

}  // namespace

void answer_packet(const BaseRequestHandler& handler, std::string_view answer) {
  try {
    send_or_lose(handler.request().socket(), answer, handler.client_address());
  } catch (const OSError& error) {
    handler.server().log_message(LogLevel::kDebug, std::string("an answer is lost: ") + error.what());
  }
}

std::size_t send_packets(Socket& socket, std::string_view packet, std::span<const Address> to) {
  std::size_t lost = 0;
  iovec bytes{const_cast<char*>(packet.data()), packet.size()};
  std::array<Sent, SendBatch::kMessages> sent;
  for (SendBatch batch; !to.empty(); to = to.subspan(std::min(to.size(), sent.size()))) {
    const auto now = to.first(std::min(to.size(), sent.size()));
    for (std::size_t i = 0; i < now.size(); ++i)
      batch.add(socket.fileno(), message_to(now[i], bytes), MSG_DONTWAIT | MSG_NOSIGNAL, sent[i]);
    batch.send();
    for (std::size_t i = 0; i < now.size(); ++i)
      if (sent[i].result < 0 && !send_later(socket, packet, now[i], sent[i].error)) ++lost;
  }
  return lost;
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
