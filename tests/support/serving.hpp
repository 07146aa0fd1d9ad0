// A server that serves in the background for as long as the fixture lives.
#pragma once

#include <sys/types.h>

#include <thread>
#include <utility>

#include "socketserver/socketserver.hpp"

namespace socketserver::testing {

/// Longer than anything here takes, even under sanitizers on a busy machine: only for what hangs.
constexpr std::chrono::seconds kWatchdog{60};

/// Serves in a thread of its own from construction on; stops and closes when it goes.
template <class Server>
class Serving {
 public:
  template <class... Args>
  explicit Serving(Args&&... args) : server_(std::forward<Args>(args)...) {}
  ~Serving() { stop(); }

  /// Binds and starts. Settings of the server can be made before.
  Serving& start() {
    server_.bind_and_activate();
    loop_ = std::thread([this] { server_.serve_forever(); });
    return *this;
  }
  void stop() {
    if (loop_.joinable()) {
      server_.shutdown();
      loop_.join();
    }
    server_.server_close();
  }
  Server& server() { return server_; }
  const Address& address() { return server_.server_address(); }
  /// A connection to it whose calls throw TimeoutError instead of hanging.
  Socket connect() { return create_connection(address(), kWatchdog); }

 private:
  Server server_;
  std::thread loop_;
};

/// Waits until `condition` holds; false when the watchdog bit first. Looks every millisecond, for conditions
/// that nothing signals (a count in /proc, a statistic).
template <class Condition>
bool eventually(Condition condition) {
  for (const Deadline end = Deadline::after(kWatchdog); !condition();) {
    if (end.expired()) return false;
    wait_any({}, Deadline::after(std::chrono::milliseconds(1)));
  }
  return true;
}

/// Descriptors and threads of this process, or of a child, as /proc counts them.
std::size_t open_descriptors();
std::size_t open_descriptors(pid_t child);
std::size_t running_threads();
std::size_t running_threads(pid_t child);
/// Mappings of this process's memory; neighbours of the same kind are one.
std::size_t memory_mappings();

/// All that a connection gives until its end.
std::string read_all(Socket& socket);

/// A directory of its own that goes with the fixture.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace socketserver::testing
