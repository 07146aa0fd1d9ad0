// Sockets that systemd made before it started the program: socket activation, without systemd's library.
#pragma once

#include <string>
#include <vector>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// A descriptor that was handed over, closed on exec, and its name (FileDescriptorName=; "unknown" without).
struct ActivatedSocket {
  Fd fd;
  std::string name;
};

/// Those of LISTEN_FDS, when LISTEN_PID is this process; SocketServer::adopt() takes one. LISTEN_PID,
/// LISTEN_FDS and LISTEN_FDNAMES are removed from the environment, so that neither programs that this one
/// starts nor a second call see them. Python: systemd.daemon.listen_fds_with_names(). Throws
/// std::invalid_argument when they make no sense, and OSError for a descriptor that is not open. Once, while
/// there is one thread: others may read the environment.
std::vector<ActivatedSocket> activated_sockets();

}  // namespace socketserver
