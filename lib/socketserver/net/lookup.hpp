// Looking a host up by its name.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>

namespace socketserver {

struct FreeAddrInfo {
  void operator()(addrinfo* info) const noexcept { ::freeaddrinfo(info); }
};
using AddrInfo = std::unique_ptr<addrinfo, FreeAddrInfo>;

/// getaddrinfo(3), which blocks for as long as the system's resolver is set to; it cannot be told to stop.
/// Where a Waiter is installed, it runs in a thread of its own, and the Waiter waits. Never empty; throws
/// gaierror, and OSError of the system's.
AddrInfo lookup(const std::string& host, int port);

}  // namespace socketserver
