// Runs shell commands for others: with limits, and with nothing left behind.
#pragma once

#include <cstddef>
#include <string>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// What a command may use.
struct CommandLimits {
  /// From start to end. Longer than a person waits without a word, and not for ever.
  Timeout time = std::chrono::seconds(60);
  /// Of both streams together, in bytes: more than anybody reads, and little enough for many clients' memory.
  std::size_t output = std::size_t{16} << 20;
};

/// How a command ended, and what it printed up to then.
struct CommandResult {
  std::string out, err;
  int status = 0;          ///< the exit status; of no meaning after a signal
  int signal = 0;          ///< what ended it, 0 for none
  bool timed_out = false;  ///< it was ended at limits.time
  bool truncated = false;  ///< it was ended at limits.output
};

/// Runs `sh -c command` with /dev/null as standard input, in a process group of its own, with the default
/// action for every signal. When the shell ends, whatever it has left running in that group is killed with
/// it (SIGKILL: nobody would wait for something gentler), so that a background process neither keeps the
/// caller waiting nor stays, unless it left the group (setsid). The same at a limit, and when anything is
/// thrown.
///
/// Waits in wait_any(). When `client` is given and its connection breaks or is interrupted meanwhile, the
/// command is ended and ConnectionAbortedError thrown; a client that has only closed its sending side still
/// gets its answer. Throws OSError when there are no descriptors or processes, and where the system keeps no
/// status of children because SIGCHLD is ignored.
CommandResult run_command(const std::string& command, const CommandLimits& limits,
                          const Socket* client = nullptr);

}  // namespace socketserver
