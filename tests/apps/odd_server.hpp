// Peers of upload_client that do what no server of ours does.
#pragma once

#include <fcntl.h>

#include <functional>
#include <thread>

#include "socketserver/socketserver.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {

/// Serves one client with what the test says a server does, in a thread.
class OddServer {
 public:
  explicit OddServer(std::function<void(Socket&)> serve) {
    listening_.setsockopt(SOL_SOCKET, SO_RCVBUF, 65'536);  // so that a large file has to wait for its reader
    listening_.bind(Address("127.0.0.1", 0));
    listening_.listen();
    thread_ = std::thread([this, serve] {
      try {
        Socket client = listening_.accept().first;
        client.settimeout(kWatchdog);
        serve(client);
      } catch (const OSError&) {   // the client is gone, or never came
      } catch (const EOFError&) {  // it has no more to ask
      }
    });
  }
  ~OddServer() {
    listening_.interrupt();
    thread_.join();
  }
  OddServer(const OddServer&) = delete;
  OddServer& operator=(const OddServer&) = delete;

  Address address() const { return listening_.getsockname(); }

 private:
  Socket listening_{AF_INET, SOCK_STREAM};
  std::thread thread_;
};

/// A connection to a server for one client, which ends once it has carried so many bytes one way.
class BreakingProxy {
 public:
  enum Way { kToServer, kToClient };
  BreakingProxy(const Address& server, Way way, std::size_t bytes)
      : server_([=](Socket& client) {
          Socket upstream = create_connection(server, kWatchdog);
          std::thread back([from = again(upstream), to = again(client),
                            most = way == kToClient ? bytes : kForEver]() mutable { carry(from, to, most); });
          carry(client, upstream, way == kToServer ? bytes : kForEver);
          back.join();
        }) {}
  Address address() const { return server_.address(); }

 private:
  static constexpr std::size_t kForEver = std::string::npos;

  // A Socket is for one thread.
  static Socket again(const Socket& socket) {
    Socket other(Fd(::fcntl(socket.fileno(), F_DUPFD_CLOEXEC, 0)), socket.family(), socket.type());
    other.settimeout(kWatchdog);
    return other;
  }
  // Then it ends both, which ends the other direction, too.
  static void carry(Socket& from, Socket& to, std::size_t bytes) {
    try {
      for (std::string data; bytes > 0 && !(data = from.recv(std::min<std::size_t>(bytes, 65'536))).empty();
           bytes -= data.size())
        to.sendall(data);
    } catch (const OSError&) {
    }
    from.interrupt();
    to.interrupt();
  }

  OddServer server_;
};

}  // namespace socketserver::testing
