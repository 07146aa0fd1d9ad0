#include <iostream>
#include <socketserver/socketserver.hpp>

struct Echo : socketserver::BaseRequestHandler {
  void handle() override {
    for (std::string data; !(data = request().recv(1024)).empty();) request().sendall(data);
  }
};

int main() {
  socketserver::ThreadingTCPServer server({"127.0.0.1", 0}, socketserver::handler<Echo>());
  server.bind_and_activate();
  std::cout << "port " << server.server_address().port() << '\n';
  return server.server_address().port() > 0 ? 0 : 1;
}
