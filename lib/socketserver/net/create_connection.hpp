// Connecting to a host.
#pragma once

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// A connected TCP or Unix socket: the first of the host's addresses that answers. Python:
/// socket.create_connection. `timeout` is for each address, and stays set on the socket.
Socket create_connection(const std::string& host, int port, Timeout timeout = {});
Socket create_connection(const Address& address, Timeout timeout = {});

}  // namespace socketserver
