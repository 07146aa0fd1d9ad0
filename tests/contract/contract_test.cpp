// What a user writes: the examples of the documentation, compiled as they stand and run.
#include <gtest/gtest.h>

#include <socketserver/socketserver.hpp>

#include "support/serving.hpp"

using namespace socketserver;

namespace {

struct Shout : StreamRequestHandler {  // line by line
  void handle() override {
    while (auto line = rfile().readline()) wfile().write(upper(*line));
  }
};
struct ShoutBytes : BaseRequestHandler {  // recv by recv, as with a raw socket
  void handle() override {
    for (std::string data; !(data = request().recv(1024)).empty();) request().sendall(upper(data));
  }
};
struct ShoutPacket : BaseRequestHandler {  // one datagram, one handler
  void handle() override { request().socket().sendto(upper(request().packet()), client_address()); }
};
struct Greeting : DatagramRequestHandler {  // a handler with its own settings
  explicit Greeting(std::string word) : word_(std::move(word)) {}
  void handle() override { wfile().write(word_ + rfile().read()); }
  std::string word_;
};
struct LocalOnly : ThreadingTCPServer {  // a server with its own policy
  using ThreadingTCPServer::ThreadingTCPServer;
  bool verify_request(Request&, const Address& client) override { return client.is_loopback(); }
};

std::string answer_of(Socket client, const std::string& text) {
  client.sendall(text);
  client.shutdown(SHUT_WR);
  return socketserver::testing::read_all(client);
}

TEST(Contract, ServesForeverUntilShutdown) {
  ThreadingTCPServer server({"127.0.0.1", 0}, handler<Shout>());
  server.request_queue_size = 128;
  server.bind_and_activate();
  std::jthread loop([&] { server.serve_forever(); });
  EXPECT_EQ(answer_of(create_connection(server.server_address()), "one\ntwo"), "ONE\nTWO");
  server.shutdown();
}

TEST(Contract, BindsByItselfWhenItServes) {
  struct StopsAtOnce : ThreadingTCPServer {
    using ThreadingTCPServer::ThreadingTCPServer;
    void service_actions() override { shutdown(); }
  } server({"127.0.0.1", 0}, handler<Shout>());
  server.serve_forever(std::chrono::milliseconds(1));
  EXPECT_NE(server.server_address().port(), 0);
}

TEST(Contract, ServesDatagramsOverIPv6) {
  UDPServer greeter({"::1", 0}, handler<Greeting>("hello "));
  greeter.bind_and_activate();
  std::jthread loop([&] { greeter.serve_forever(); });
  Socket client = Socket::udp();
  client.sendto("you", greeter.server_address());
  auto [answer, from] = client.recvfrom(1024);
  EXPECT_EQ(answer, "hello you");
  EXPECT_EQ(from, greeter.server_address());
  greeter.shutdown();
}

TEST(Contract, AnswersAPacketWithAPacket) {
  socketserver::testing::Serving<UDPServer> serving(Address("127.0.0.1", 0), handler<ShoutPacket>());
  serving.start();
  Socket client = Socket::udp();
  client.sendto("quiet", serving.address());
  EXPECT_EQ(client.recvfrom(1024).first, "QUIET");
}

TEST(Contract, RunsOneHandlerUnderEveryModel) {
  const auto shouts = [](auto serving) {
    serving->start();
    return answer_of(serving->connect(), "quiet");
  };
  using namespace socketserver::testing;
  const Address any("127.0.0.1", 0);
  EXPECT_EQ(shouts(std::make_unique<Serving<TCPServer>>(any, handler<ShoutBytes>())), "QUIET");
  EXPECT_EQ(shouts(std::make_unique<Serving<ThreadingTCPServer>>(any, handler<ShoutBytes>())), "QUIET");
  EXPECT_EQ(shouts(std::make_unique<Serving<ForkingTCPServer>>(any, handler<ShoutBytes>())), "QUIET");
  using Preforking = PreforkingMixIn<FiberMixIn<TCPServer>>;  // mix-ins combine
  EXPECT_EQ(shouts(std::make_unique<Serving<Preforking>>(any, handler<ShoutBytes>())), "QUIET");
}

TEST(Contract, LetsAServerHaveItsOwnPolicy) {
  LocalOnly server({"127.0.0.1", 0}, handler<ShoutBytes>());
  server.bind_and_activate();
  std::jthread loop([&] { server.serve_forever(); });
  EXPECT_EQ(answer_of(create_connection(server.server_address()), "quiet"), "QUIET");
  server.shutdown();
  server.server_close();
}

}  // namespace
