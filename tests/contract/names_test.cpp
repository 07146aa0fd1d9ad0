// Every public name of Python's socketserver (3.14) is here, with a type that fits; README.md in tests/ says
// what differs. Most of it is settled by compiling.
#include <gtest/gtest.h>

#include <type_traits>

#include "socketserver/socketserver.hpp"

namespace socketserver {
namespace {

static_assert(std::is_base_of_v<BaseServer, TCPServer> && std::is_base_of_v<BaseServer, UDPServer>);
static_assert(std::is_base_of_v<TCPServer, UnixStreamServer>);
static_assert(std::is_base_of_v<UDPServer, UnixDatagramServer>);
static_assert(std::is_base_of_v<TCPServer, ThreadingTCPServer> &&
              std::is_base_of_v<TCPServer, ForkingTCPServer>);
static_assert(std::is_base_of_v<UDPServer, ThreadingUDPServer> &&
              std::is_base_of_v<UDPServer, ForkingUDPServer>);
static_assert(std::is_base_of_v<UnixStreamServer, ThreadingUnixStreamServer> &&
              std::is_base_of_v<UnixStreamServer, ForkingUnixStreamServer>);
static_assert(std::is_base_of_v<UnixDatagramServer, ThreadingUnixDatagramServer> &&
              std::is_base_of_v<UnixDatagramServer, ForkingUnixDatagramServer>);
static_assert(std::is_base_of_v<BaseRequestHandler, StreamRequestHandler> &&
              std::is_base_of_v<BaseRequestHandler, DatagramRequestHandler>);

/// Overrides every hook there is to override.
struct EveryHook : TCPServer {
  using TCPServer::TCPServer;
  ~EveryHook() override { server_close(); }
  int fileno() const noexcept override { return TCPServer::fileno(); }
  void server_bind() override { TCPServer::server_bind(); }
  void server_activate() override { TCPServer::server_activate(); }
  void server_close() override { TCPServer::server_close(); }
  std::optional<Request> get_request() override { return TCPServer::get_request(); }
  bool verify_request(Request& request, const Address& client_address) override {
    return TCPServer::verify_request(request, client_address);
  }
  void process_request(Request& request, const Address& client_address) override {
    TCPServer::process_request(request, client_address);
  }
  void finish_request(Request& request, const Address& client_address) override {
    TCPServer::finish_request(request, client_address);
  }
  void shutdown_request(Request& request) override { TCPServer::shutdown_request(request); }
  void close_request(Request& request) override { TCPServer::close_request(request); }
  void handle_error(Request& request, const Address& client_address) override {
    TCPServer::handle_error(request, client_address);
  }
  void handle_timeout() override { TCPServer::handle_timeout(); }
  void service_actions() override { TCPServer::service_actions(); }
};

struct EveryName : StreamRequestHandler {
  EveryName() {
    rbufsize = -1;
    wbufsize = 0;
    timeout = std::nullopt;
    disable_nagle_algorithm = false;
  }
  void setup() override { StreamRequestHandler::setup(); }
  void handle() override { use(request(), client_address(), server(), connection(), rfile(), wfile()); }
  void finish() override { StreamRequestHandler::finish(); }
  static void use(Request&, const Address&, BaseServer&, Socket&, Reader&, Writer&) {}
};

struct EveryNameOfDatagrams : DatagramRequestHandler {
  void handle() override { use(packet(), socket(), rfile(), wfile()); }
  static void use(const std::string&, Socket&, Reader&, Writer&) {}
};

TEST(Names, OfServersHavePythonsDefaultsButWhereTheTableSaysOtherwise) {
  TCPServer tcp({"127.0.0.1", 0}, handler<EveryName>());
  EXPECT_EQ(tcp.address_family(), AF_INET);
  EXPECT_EQ(tcp.socket_type(), SOCK_STREAM);
  EXPECT_FALSE(tcp.allow_reuse_port);
  EXPECT_FALSE(tcp.timeout);
  EXPECT_EQ(tcp.server_address(), Address("127.0.0.1", 0));
  EXPECT_TRUE(tcp.handler_class());
  UDPServer udp({"::1", 0}, handler<EveryNameOfDatagrams>());
  EXPECT_EQ(udp.address_family(), AF_INET6);
  EXPECT_EQ(udp.socket_type(), SOCK_DGRAM);
  EXPECT_EQ(udp.max_packet_size, 8192u);
  EXPECT_FALSE(udp.allow_reuse_address);
  EXPECT_TRUE(tcp.allow_reuse_address);          // False in Python
  EXPECT_EQ(tcp.request_queue_size, SOMAXCONN);  // 5 in Python
}

TEST(Names, OfMixInsHavePythonsDefaults) {
  ThreadingTCPServer threading({"127.0.0.1", 0}, handler<EveryName>());
  EXPECT_FALSE(threading.daemon_threads);
  EXPECT_TRUE(threading.block_on_close);
  ForkingTCPServer forking({"127.0.0.1", 0}, handler<EveryName>());
  EXPECT_EQ(forking.timeout, std::chrono::seconds(300));
  EXPECT_EQ(forking.max_children, 40u);
  EXPECT_TRUE(forking.block_on_close);
  EXPECT_TRUE(forking.active_children().empty());
  forking.collect_children();
  EveryHook hooks({"127.0.0.1", 0}, handler<EveryName>());
}

}  // namespace
}  // namespace socketserver
