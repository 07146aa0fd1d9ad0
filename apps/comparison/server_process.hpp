// A server in a process of its own.
#pragma once

#include <sys/types.h>

#include <functional>

#include "socketserver/net/address.hpp"

namespace socketserver::apps {

/// Forks a server, and ends it, with all that it has started, when this object goes; also when this process
/// is killed, where the system has a way. In a process group of its own, so that a Ctrl-C at the terminal is
/// ours alone. One thread.
class ServerProcess {
 public:
  /// `serve` runs in the new process: it prints "... listening on HOST:PORT" and returns after SIGTERM.
  /// Throws std::runtime_error with what it printed instead, or OSError.
  explicit ServerProcess(const std::function<int()>& serve);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  const Address& address() const { return address_; }

  /// Ends it, and tells the processor time in seconds that it and its processes have used in all their
  /// lives. Once.
  double stop();

 private:
  void learn_address(int output);

  pid_t pid_ = -1;  // -1: it has ended
  Address address_;
};

/// Has the system kill this process when its parent ends, where it can.
void die_with_parent();

}  // namespace socketserver::apps
