// Preforked servers as UNIX Network Programming has them, with each of its ways to share accept.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "socketserver/net/socket.hpp"

namespace socketserver::apps {

/// How a connection comes to one of the processes.
enum class Sharing {
  kNone,      ///< all wait in accept(2), and the kernel wakes one
  kFileLock,  ///< one waits in accept(2); the others wait for a lock of a file
  kMutex,     ///< the same with a mutex in shared memory
  kPassing,   ///< the parent accepts, and passes the descriptor to a process that is free
};

/// A fixed number of processes, each of which serves one connection at a time: what the books call a server,
/// without limits, deadlines or replacement of what has crashed; only to be measured. Once in a process that
/// has one thread.
class PreforkedEcho {
 public:
  PreforkedEcho(Sharing sharing, std::size_t workers, std::function<void(Socket&)> serve);
  ~PreforkedEcho();
  PreforkedEcho(const PreforkedEcho&) = delete;
  PreforkedEcho& operator=(const PreforkedEcho&) = delete;

  /// Prints where it listens, as servers here do, and serves until SIGTERM. Throws OSError.
  int run(const std::string& program);

 private:
  struct Worker {
    pid_t pid;
    Fd channel;  // of kPassing
    bool busy = false;
  };
  class AcceptLock;

  void start_worker();
  [[noreturn]] void work(int channel);
  void accept_in_turn();
  void take_passed(int channel);
  void pass_until(int stop);
  bool pass_one();

  Sharing sharing_;
  std::size_t count_;
  std::function<void(Socket&)> serve_;
  Socket listening_;
  std::unique_ptr<AcceptLock> lock_;
  std::vector<Worker> workers_;
};

}  // namespace socketserver::apps
