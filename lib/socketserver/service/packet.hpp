// What services over datagrams share: asking, and answering those who ask.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

/// Sends the datagram that the handler's own is answered with. Datagrams promise nothing: one that cannot be
/// sent (the client is gone, or takes nothing, or has a Unix socket without a name) is logged as kDebug and
/// forgotten, for what a client does wrong must neither stop the others nor fill the log.
void answer_packet(const BaseRequestHandler& handler, std::string_view answer);

/// Sends a datagram to each of many, several by one system call. Waits while the network takes no more, as
/// Socket does, but not for the receiver at a Unix socket. Returns for how many it was in vain: they are
/// gone, or out of reach.
std::size_t send_packets(Socket& socket, std::string_view packet, std::span<const Address> to);

/// Sends one datagram over a connected socket and receives one. Throws TimeoutError, "no answer from ...",
/// when none comes within the socket's timeout (with datagrams this can also mean that one was lost), and
/// ConnectionRefusedError when nobody is there.
std::string ask_packet(Socket& socket, std::string_view question);

}  // namespace socketserver
