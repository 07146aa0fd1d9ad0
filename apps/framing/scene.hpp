// Where the lessons of framing_demo take place: real connections to a server of this process.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "socketserver/concurrency/threading.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/io/reader.hpp"
#include "socketserver/net/create_connection.hpp"
#include "socketserver/server/tcp_server.hpp"

namespace socketserver::apps {

/// Nothing here waits for anything but this process: only for what hangs.
inline constexpr std::chrono::seconds kPatience{60};
/// The default of many systems, but one that does not grow.
inline constexpr int kSocketBuffer = 65536;

/// Listens from construction on, and serves in the background from start() on as long as it lives.
template <class Handler, class... Settings>
class Scene {
 public:
  explicit Scene(const Settings&... settings) : server_({"127.0.0.1", 0}, handler<Handler>(settings...)) {
    server_.bind_and_activate();
    // Those accepted inherit it: less than the great message of the second lesson.
    server_.socket().setsockopt(SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  }
  ~Scene() {
    if (!loop_.joinable()) return;
    server_.shutdown();
    loop_.join();
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void start() {
    loop_ = std::thread([this] { server_.serve_forever(); });
  }
  Socket connect() {
    Socket socket = create_connection(server_.server_address(), kPatience);
    socket.set_nodelay();
    return socket;
  }

 private:
  ThreadingTCPServer server_;
  std::thread loop_;
};

/// Sends each of `pieces` by a send of its own, and then the end; returns what the receiver tells.
template <class Handler, class... Settings>
std::string told_by(const std::vector<std::string>& pieces, const Settings&... settings) {
  Scene<Handler, Settings...> scene(settings...);
  scene.start();
  Socket socket = scene.connect();
  for (const std::string& piece : pieces) socket.sendall(piece);
  socket.shutdown(SHUT_WR);
  return Reader(socket).read();
}

}  // namespace socketserver::apps
