// Connecting: errors, timeouts, and the next address.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <vector>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

bool blocking(const Socket& socket) { return (::fcntl(socket.fileno(), F_GETFL) & O_NONBLOCK) == 0; }

/// A Unix socket that listens and has no room for another client.
class FullListener {
 public:
  FullListener() {
    listener.bind(directory_ / "s");
    listener.listen(0);
    clients.push_back(create_connection(address()));
  }
  Address address() const { return Address(directory_ / "s"); }
  Socket listener = Socket::tcp();
  std::vector<Socket> clients;

 private:
  TemporaryDirectory directory_;
};

TEST(Connect, leaves_a_socket_that_blocks) {
  Socket listener = tcp_listener();
  Socket client = Socket::tcp();
  client.connect(listener.getsockname());
  EXPECT_TRUE(blocking(client));
  EXPECT_EQ(client.getpeername(), listener.getsockname());
}

TEST(Connect, with_a_timeout_leaves_a_socket_that_blocks_with_it) {
  Socket listener = tcp_listener();
  Socket client = create_connection(listener.getsockname(), 30ms);
  EXPECT_TRUE(blocking(client));
  EXPECT_EQ(client.gettimeout(), 30ms);
  EXPECT_THROW(client.recv(1), TimeoutError);
}

TEST(Connect, refused_says_so) {
  const Address nobody = tcp_listener().getsockname();  // closed again
  Socket client = Socket::tcp();
  EXPECT_THROW(client.connect(nobody), ConnectionRefusedError);
  EXPECT_TRUE(blocking(client));
  EXPECT_EQ(Socket::tcp().connect_ex(nobody), ECONNREFUSED);
  const TemporaryDirectory directory;
  EXPECT_EQ(Socket::tcp().connect_ex(directory / "nothing"), ENOENT);
}

TEST(ConnectEx, gives_zero_for_success_and_EBADF_for_a_closed_socket) {
  Socket listener = tcp_listener();
  Socket client = Socket::tcp();
  EXPECT_EQ(client.connect_ex(listener.getsockname()), 0);
  client.close();
  EXPECT_EQ(client.connect_ex(listener.getsockname()), EBADF);
}

TEST(ConnectEx, without_blocking_returns_at_once) {
  const FullListener full;
  Socket client = Socket::tcp();
  client.setblocking(false);
  EXPECT_EQ(client.connect_ex(full.address()), EAGAIN);
  Socket other = Socket::tcp();
  other.setblocking(false);
  EXPECT_THROW(other.connect(full.address()), BlockingIOError);
}

TEST(Connect, to_a_full_backlog_ends_at_the_timeout) {
  const FullListener full;
  Socket client = Socket::tcp();
  client.settimeout(60ms);
  std::string message;
  const auto took =
      time_of([&] { message = message_of<TimeoutError>([&] { client.connect(full.address()); }); });
  EXPECT_EQ(message, "connect " + full.address().to_string() + ": Connection timed out");
  EXPECT_GE(took, 60ms);
  EXPECT_LT(took, 20s);
  EXPECT_TRUE(blocking(client));  // it stayed without blocking once
}

TEST(Connect, to_a_full_backlog_ends_at_the_request_deadline) {
  const FullListener full;
  Socket client = Socket::tcp();
  client.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = 30ms});
  EXPECT_EQ(client.connect_ex(full.address()), ETIMEDOUT);
}

TEST(Connect, to_a_full_backlog_goes_on_when_there_is_room) {
  FullListener full;
  std::thread server([&] {
    wait_any({}, Deadline::after(30ms));  // most likely in the middle of the wait
    while (full.clients.size() < 3)
      if (auto one = full.listener.accept_pending()) full.clients.emplace_back(std::move(one->first));
  });
  Socket client = create_connection(full.address(), kWatchdog);
  server.join();
  client.sendall("in");
  EXPECT_EQ(full.clients.back().recv(2), "in");
}

TEST(Connect, of_a_datagram_socket_sets_its_peer) {
  Socket server = Socket::udp(), client = Socket::udp();
  server.bind({"127.0.0.1", 0});
  client.connect(server.getsockname());
  client.sendall("to the peer");
  EXPECT_EQ(server.recv(100), "to the peer");
}

// localhost is ::1 first where it has both; a server on 127.0.0.1 alone is found nevertheless.
TEST(CreateConnection, goes_on_to_the_next_address_of_a_name) {
  Socket listener = tcp_listener();
  Socket client = create_connection("localhost", listener.getsockname().port(), kWatchdog);
  EXPECT_EQ(client.getpeername(), listener.getsockname());
}

TEST(CreateConnection, throws_what_the_last_address_said) {
  const int port = tcp_listener().getsockname().port();  // closed again
  EXPECT_THROW(create_connection("localhost", port), ConnectionRefusedError);
  EXPECT_THROW(create_connection("nowhere.invalid", 80), gaierror);
}

TEST(CreateConnection, leaks_no_descriptor_when_it_fails) {
  const Address nobody = tcp_listener().getsockname();
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 100; ++i) EXPECT_THROW(create_connection(nobody), ConnectionRefusedError);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Bind, serves_IPv4_and_IPv6_on_a_dual_stack_socket) {
  const Address all("", 0);
  if (all.family() != AF_INET6) GTEST_SKIP() << "no IPv6 here";
  Socket listener = Socket::tcp();
  listener.bind(all);
  listener.listen();
  for (const char* host : {"127.0.0.1", "::1"}) {
    Socket client = create_connection(host, listener.getsockname().port(), kWatchdog);
    EXPECT_TRUE(listener.accept().second.is_loopback());
  }
}

}  // namespace
}  // namespace socketserver::testing
