// What every request handler derives from.
#pragma once

#include "socketserver/server/base_server.hpp"

namespace socketserver {

/// Derive from it, or from StreamRequestHandler or DatagramRequestHandler, and override handle(): plain
/// blocking code. A handler lives for one request, in whatever thread or process the server runs it; what
/// handlers share they must guard themselves. Python: socketserver.BaseRequestHandler.
class BaseRequestHandler {
 public:
  BaseRequestHandler() = default;
  BaseRequestHandler(const BaseRequestHandler&) = delete;
  BaseRequestHandler& operator=(const BaseRequestHandler&) = delete;
  virtual ~BaseRequestHandler() = default;

  /// setup(), handle(), and finish() even if handle() throws. Called once, by the factory of handler<H>().
  void run(Request& request, const Address& client_address, BaseServer& server);

  // ---- for overriders ----
  virtual void setup() {}
  virtual void handle() {}
  virtual void finish() {}

  // ---- for them to use; there from setup() on, for as long as the handler lives ----
  Request& request() const noexcept { return *request_; }
  const Address& client_address() const noexcept { return *client_address_; }
  BaseServer& server() const noexcept { return *server_; }
  /// The same as the class it is; std::bad_cast when it is not.
  template <class Server>
  Server& server() const {
    return dynamic_cast<Server&>(*server_);
  }

 private:
  Request* request_ = nullptr;
  const Address* client_address_ = nullptr;
  BaseServer* server_ = nullptr;
};

}  // namespace socketserver
