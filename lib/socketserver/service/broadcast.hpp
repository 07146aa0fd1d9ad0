// Broadcast: one datagram to everybody on a network of IPv4 who listens on a port. IPv6 has no broadcast (its
// multicast is another thing).
//
// Addresses that reach everybody: 255.255.255.255, on the network of one interface (the default route's, or
// that of the address that the sender binds); the last address of a network, 192.168.1.255 of 192.168.1.0/24,
// wherever that is; 127.255.255.255 on this machine alone. Routers forward none of them by default.
#pragma once

#include <string_view>

#include "socketserver/net/address.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

/// Everybody on this machine, and nobody else.
inline constexpr char kBroadcastHere[] = "127.255.255.255";

/// A socket that may send to broadcast addresses (SO_BROADCAST; without it they are refused by "Permission
/// denied"). `from` is the address of the interface through which 255.255.255.255 shall leave; none (the
/// default): the system chooses. Throws OSError, and std::invalid_argument where it is not of IPv4.
Socket broadcast_sender(const Address& from = {});

/// Sends one datagram. Throws OSError, "sendto 192.168.1.255:8020: Network is unreachable", where there is no
/// such network, and std::invalid_argument where `to` is not of IPv4.
void broadcast(Socket& sender, std::string_view message, const Address& to);

/// A socket that hears what is broadcast to its port. Several of a machine share one port: each hears every
/// broadcast, while a datagram to one address goes to one of them. `at` is "0.0.0.0" for all networks (and
/// what is sent to this machine alone), or a broadcast address, for what goes there and nothing else; bound
/// to an interface's own address it would hear no broadcast. Throws OSError, and std::invalid_argument where
/// it is not of IPv4.
Socket broadcast_receiver(const Address& at);

}  // namespace socketserver
