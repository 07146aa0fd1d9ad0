// The echo service: what a client sends comes back. Its forms:
//
//   | form     | over a connection                                       | datagrams                |
//   | upper    | every recv of up to 1024 bytes, a-z as A-Z              | each one, a-z as A-Z     |
//   | once     | one recv, without white space at its ends, a-z as A-Z   | -                        |
//   | verbatim | every recv of up to 64 KiB, unchanged                   | each one, unchanged      |
//   | hello    | one recv, whatever it was is answered with "hi"         | each one answered "hi"   |
//
// An empty datagram gets an empty datagram, but "hi" in the form hello.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

// ---- handlers of connections: for any server of connections ----

/// Answers until the client ends its sending. A message of several recvs comes back in as many pieces.
struct EchoUpperHandler : BaseRequestHandler {
  void handle() override;
};

/// Answers what one recv gives, and ends the connection; nothing at all where the client sent nothing.
struct EchoOnceHandler : BaseRequestHandler {
  void handle() override;
};

/// Answers until the client ends its sending: the form that load tests use. Its buffer grows with what comes.
struct EchoVerbatimHandler : BaseRequestHandler {
  void handle() override;
};

/// Waits for something, or the end of the client's sending, answers "hi", and ends the connection.
struct EchoHelloHandler : BaseRequestHandler {
  void handle() override;
};

// ---- handlers of datagrams: for any server of datagrams ----

struct EchoUpperPacketHandler : BaseRequestHandler {
  void handle() override;
};
struct EchoVerbatimPacketHandler : BaseRequestHandler {
  void handle() override;
};
struct EchoHelloPacketHandler : BaseRequestHandler {
  void handle() override;
};

/// What RequestHandlerClass belongs to "upper", "once", "verbatim" or "hello". Throws std::invalid_argument
/// for any other word, and for "once" with datagrams.
RequestHandlerClass echo_handler(std::string_view form);
RequestHandlerClass echo_packet_handler(std::string_view form);

// ---- the client's side over connections; the socket's timeouts count. Over datagrams: ask_packet() ----

/// Sends `message` and receives as many bytes: the forms upper and verbatim. Sends and receives side by side,
/// so that a message larger than all buffers between the two ends does not stop both. An empty message is not
/// sent and has an empty answer. Throws EOFError when the server ends before the answer is whole.
std::string echo(Socket& connection, std::string_view message);

/// Sends `message`, ends the sending, and receives until the server ends: the forms once and hello, whose
/// answers have a length of their own.
std::string echo_once(Socket& connection, std::string_view message);

}  // namespace socketserver
