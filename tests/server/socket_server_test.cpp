// Binding: families, ports, backlogs; and datagrams that are too long.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/sockets.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

RequestHandlerClass say_truncated() {
  return [](Request& request, const Address& client, BaseServer&) {
    request.socket().sendto((request.truncated() ? "cut:" : "whole:") + request.packet(), client);
  };
}

RequestHandlerClass say_client() {
  return [](Request& request, const Address& client, BaseServer&) { request.sendall(client.to_string()); };
}

TEST(SocketServer, stores_first_and_knows_its_port_after_binding) {
  TCPServer server({"127.0.0.1", 0}, say_client());
  EXPECT_EQ(server.server_address(), Address("127.0.0.1", 0));
  EXPECT_EQ(server.fileno(), -1);
  server.bind_and_activate();
  EXPECT_NE(server.server_address().port(), 0);
  EXPECT_GE(server.fileno(), 0);
  EXPECT_EQ(server.socket_type(), SOCK_STREAM);
}

TEST(SocketServer, takes_its_family_from_the_address) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Serving<TCPServer> serving(Address(host, 0), say_client());
    serving.start();
    EXPECT_EQ(serving.server().address_family(), Address(host, 0).family());
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), client.getsockname().to_string());
  }
}

TEST(SocketServer, serves_IPv4_and_IPv6_on_every_address) {
  for (const char* all : {"", "*", "::"}) {
    Serving<TCPServer> serving(Address(all, 0), say_client());
    if (serving.address().family() != AF_INET6) GTEST_SKIP() << "no IPv6 here";
    serving.start();
    for (const char* host : {"127.0.0.1", "::1"}) {
      Socket client = create_connection(host, serving.address().port(), kWatchdog);
      const std::string port = std::to_string(client.getsockname().port());
      EXPECT_EQ(read_all(client), (host[0] == '1' ? "[::ffff:127.0.0.1]:" : "[::1]:") + port);
    }
  }
}

TEST(SocketServer, leaves_IPv4_alone_on_an_IPv6_address) {
  TCPServer server({"::1", 0}, say_client());
  server.bind_and_activate();
  EXPECT_THROW(create_connection("127.0.0.1", server.server_address().port()), ConnectionRefusedError);
}

TEST(SocketServer, has_the_longest_backlog_by_default) {
  EXPECT_EQ(TCPServer({"127.0.0.1", 0}, say_client()).request_queue_size, SOMAXCONN);
}

TEST(SocketServer, keeps_more_clients_waiting_than_Pythons_five) {
  TCPServer server({"127.0.0.1", 0}, say_client());
  server.bind_and_activate();
  std::vector<Socket> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(create_connection(server.server_address(), kWatchdog));
  for (Socket& client : clients) {
    server.handle_request();
    EXPECT_EQ(read_all(client), client.getsockname().to_string());
  }
}

TEST(SocketServer, sets_the_options_it_is_asked_for) {
  TCPServer server({"127.0.0.1", 0}, say_client());
  server.allow_reuse_port = true;
  server.bind_and_activate();
  EXPECT_NE(server.socket().getsockopt(SOL_SOCKET, SO_REUSEADDR), 0);
  EXPECT_NE(server.socket().getsockopt(SOL_SOCKET, SO_REUSEPORT), 0);
  TCPServer twin(server.server_address(), say_client());
  twin.allow_reuse_port = true;
  EXPECT_NO_THROW(twin.bind_and_activate());
  UDPServer udp({"127.0.0.1", 0}, say_truncated());
  udp.bind_and_activate();
  EXPECT_EQ(udp.socket().getsockopt(SOL_SOCKET, SO_REUSEADDR), 0);
}

TEST(SocketServer, can_bind_again_right_after_a_connection_that_it_closed) {
  Address address;
  {
    Serving<TCPServer> serving(Address("127.0.0.1", 0), say_client());
    serving.start();
    address = serving.address();
    Socket client = serving.connect();
    read_all(client);  // the server closed first: TIME_WAIT is on its side
  }
  TCPServer again(address, say_client());
  EXPECT_NO_THROW(again.bind_and_activate());
}

TEST(SocketServer, leaks_nothing_when_binding_fails) {
  TCPServer holder({"127.0.0.1", 0}, say_client());
  holder.bind_and_activate();
  TCPServer server(holder.server_address(), say_client());
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 1024; ++i) {
    EXPECT_EQ(message_of<OSError>([&] { server.bind_and_activate(); }),
              "bind " + holder.server_address().to_string() + ": Address already in use");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(UDPServer, says_when_a_datagram_was_cut_and_counts_it) {
  Serving<UDPServer> serving(Address("127.0.0.1", 0), say_truncated());
  serving.server().max_packet_size = 10;
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  for (const auto& [sent, answer] : {std::pair<std::string, std::string>{"0123456789", "whole:0123456789"},
                                     {"0123456789a", "cut:0123456789"},
                                     {std::string(50'000, 'x'), "cut:xxxxxxxxxx"},
                                     {"", "whole:"}}) {
    client.sendto(sent, serving.address());
    EXPECT_EQ(client.recv(100), answer);
  }
  EXPECT_EQ(serving.server().statistics().truncated, 2u);
  EXPECT_EQ(serving.server().statistics().accepted, 4u);
}

// Whoever polls fileno() and calls handle_request() must see what is left.
TEST(UDPServer, takes_one_datagram_for_one_handle_request) {
  int handled = 0;
  UDPServer server({"127.0.0.1", 0}, [&](Request&, const Address&, BaseServer&) { ++handled; });
  server.bind_and_activate();
  Socket client = Socket::udp();
  for (int i = 0; i < 3; ++i) client.sendto("x", server.server_address());
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(wait_readable(server.fileno(), Deadline::after(kWatchdog)));
    server.handle_request();
    EXPECT_EQ(handled, i);
  }
  EXPECT_FALSE(wait_readable(server.fileno(), Deadline::now()));
}

RequestHandlerClass append_and_shut_down(std::string& handled) {
  return [&](Request& request, const Address&, BaseServer& server) {
    handled += request.packet();
    server.shutdown();
  };
}

Socket send_a_b_c(UDPServer& server) {
  server.bind_and_activate();
  Socket client = Socket::udp();
  for (const char* word : {"a", "b", "c"}) client.sendto(word, server.server_address());
  return client;
}

TEST(UDPServer, serves_what_was_received_before_a_shutdown_when_it_serves_again) {
  std::string handled;
  UDPServer server({"127.0.0.1", 0}, append_and_shut_down(handled));
  Socket client = send_a_b_c(server);
  server.serve_forever();
  EXPECT_EQ(handled, "a");
  server.handle_request();
  EXPECT_EQ(handled, "ab");
  server.serve_forever();
  EXPECT_EQ(handled, "abc");
}

// They were answered from another port, once it was bound again.
TEST(UDPServer, forgets_at_close_what_was_received_and_not_served) {
  std::string handled;
  UDPServer server({"127.0.0.1", 0}, append_and_shut_down(handled));
  Socket client = send_a_b_c(server);
  server.serve_forever();
  server.server_close();
  server.bind_and_activate();
  client.sendto("d", server.server_address());
  server.serve_forever();
  EXPECT_EQ(handled, "ad");
}

TEST(UnixDatagramServer, gives_up_a_client_that_does_not_read) {
  const TemporaryDirectory directory;
  Serving<UnixDatagramServer> serving(Address(directory / "s"),
                                      [](Request& request, const Address& client, BaseServer&) {
                                        const bool much = request.packet() == "much";
                                        do request.socket().sendto("answer", client);
                                        while (much);
                                      });
  serving.server().deadlines.write = std::chrono::milliseconds(20);
  serving.start();
  Socket greedy = Socket::udp(), modest = Socket::udp();
  greedy.bind(directory / "greedy");
  modest.bind(directory / "modest");
  modest.settimeout(kWatchdog);
  greedy.sendto("much", serving.address());
  modest.sendto("one", serving.address());
  EXPECT_EQ(modest.recv(100), "answer");
  EXPECT_EQ(serving.server().statistics().timed_out, 1u);
}

TEST(UDPServer, takes_the_largest_datagram_when_it_may) {
  Serving<UDPServer> serving(
      Address("127.0.0.1", 0), [](Request& request, const Address& client, BaseServer&) {
        request.socket().sendto(std::to_string(request.packet().size()) + (request.truncated() ? " cut" : ""),
                                client);
      });
  serving.server().max_packet_size = 65'535;
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.sendto(std::string(65'507, 'x'), serving.address());  // 65,535 less the headers of IP and UDP
  EXPECT_EQ(client.recv(100), "65507");
}

/// Ends a stream as TLS does, with words of its own.
class PoliteSocket : public Socket {
 public:
  using Socket::Socket;
  void shutdown(int how) override {
    sendall("farewell");
    Socket::shutdown(how);
  }
};

struct PoliteServer : TCPServer {
  using TCPServer::TCPServer;
  ~PoliteServer() override { server_close(); }
  std::optional<Request> get_request() override {
    auto accepted = socket().accept_pending();
    if (!accepted) return std::nullopt;
    return Request(std::make_unique<PoliteSocket>(std::move(accepted->first)), accepted->second);
  }
};

TEST(TCPServer, ends_a_connection_by_the_call_that_a_wrapping_socket_overrides) {
  Serving<PoliteServer> serving(Address("127.0.0.1", 0), [](Request&, const Address&, BaseServer&) {});
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "farewell");
}

TEST(TCPServer, sets_its_deadlines_on_connections) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0),
                             [](Request& request, const Address&, BaseServer&) { request.recv(1); });
  serving.server().deadlines.first_byte = std::chrono::milliseconds(20);
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "");
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().timed_out == 1; }));
}

}  // namespace
}  // namespace socketserver::testing
