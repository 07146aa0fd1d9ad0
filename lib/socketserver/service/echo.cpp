#include "socketserver/service/echo.hpp"

#include <array>
#include <span>
#include <stdexcept>
#include <string>

#include "socketserver/handler/handler.hpp"
#include "socketserver/handler/linger.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/service/packet.hpp"

namespace socketserver {
namespace {

constexpr std::size_t kRecvSize = 1024;           // of the forms upper, once and hello: the protocol's
constexpr std::size_t kVerbatimSize = 64 * 1024;  // of the form verbatim: the protocol's
constexpr std::string_view kHello = "hi";

void answer_once(Request& request, std::string_view answer, bool may_have_more) {
  if (!answer.empty()) request.sendall(answer);
  if (may_have_more) end_politely(request);
}

}  // namespace

void EchoUpperHandler::handle() {
  request().socket().set_nodelay();
  std::string data(kRecvSize, '\0');
  while (const std::size_t got = request().recv_into(data)) {
    data.resize(got);
    make_upper(data);
    request().sendall(data);
    data.resize(kRecvSize);
  }
}

void EchoOnceHandler::handle() {
  const std::string data = request().recv(kRecvSize);
  answer_once(request(), upper(strip(data)), data.size() == kRecvSize);
}

void EchoVerbatimHandler::handle() {
  Socket& socket = request().socket();
  socket.set_nodelay();
  // Most connections are idle, or send little: more is taken from the heap as the client sends more.
  std::array<char, kRecvSize> few;
  std::string many;
  std::span<char> buffer(few);
  while (const std::size_t got = socket.recv_into(buffer)) {
    socket.sendall({buffer.data(), got});
    if (got < buffer.size() || got >= kVerbatimSize) continue;
    many.resize(2 * got);
    buffer = many;
  }
}

void EchoHelloHandler::handle() {
  const std::string data = request().recv(kRecvSize);
  answer_once(request(), kHello, data.size() == kRecvSize);
}

void EchoUpperPacketHandler::handle() { answer_packet(*this, upper(request().packet())); }
void EchoVerbatimPacketHandler::handle() { answer_packet(*this, request().packet()); }
void EchoHelloPacketHandler::handle() { answer_packet(*this, kHello); }

RequestHandlerClass echo_handler(std::string_view form) {
  if (form == "upper") return handler<EchoUpperHandler>();
  if (form == "once") return handler<EchoOnceHandler>();
  if (form == "verbatim") return handler<EchoVerbatimHandler>();
  if (form == "hello") return handler<EchoHelloHandler>();
  throw std::invalid_argument("no form of echo: " + std::string(form));
}

RequestHandlerClass echo_packet_handler(std::string_view form) {
  if (form == "upper") return handler<EchoUpperPacketHandler>();
  if (form == "verbatim") return handler<EchoVerbatimPacketHandler>();
  if (form == "hello") return handler<EchoHelloPacketHandler>();
  throw std::invalid_argument("no form of echo with datagrams: " + std::string(form));
}

}  // namespace socketserver
