// Socket's calls one by one, as in Python's socket.
#include "socketserver/net/socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <unistd.h>

#include "net/sockets.hpp"
#include "socketserver/io/socket_file.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

bool blocking(const Socket& socket) { return (::fcntl(socket.fileno(), F_GETFL) & O_NONBLOCK) == 0; }

TEST(Socket, is_closed_before_it_is_anything) {
  const Socket socket;
  EXPECT_EQ(socket.fileno(), -1);
  EXPECT_EQ(socket.family(), AF_UNSPEC);
  EXPECT_EQ(Socket::tcp().fileno(), -1);
}

TEST(Socket, follows_the_family_of_the_first_address) {
  Socket v4 = Socket::udp(), v6 = Socket::udp();
  v4.bind({"127.0.0.1", 0});
  v6.sendto("x", {"::1", 9});
  EXPECT_EQ(v4.family(), AF_INET);
  EXPECT_EQ(v6.family(), AF_INET6);
  EXPECT_EQ(v4.type(), SOCK_DGRAM);
}

TEST(Socket, is_closed_on_exec_and_so_is_what_it_accepts) {
  const Pair pair = tcp_pair();
  EXPECT_NE(::fcntl(pair.ours.fileno(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(pair.theirs.fileno(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Socket, talks_over_tcp) {
  Pair pair = tcp_pair();
  EXPECT_EQ(pair.ours.getpeername(), pair.theirs.getsockname());
  EXPECT_EQ(pair.ours.getsockname(), pair.theirs.getpeername());
  EXPECT_EQ(pair.ours.send("hello"), 5u);
  EXPECT_EQ(pair.theirs.recv(1024), "hello");
  pair.theirs.sendall("egg");
  char buffer[2];
  EXPECT_EQ(pair.ours.recv_into(buffer), 2u);
  EXPECT_EQ(std::string(buffer, 2), "eg");
  EXPECT_EQ(pair.ours.recv(1024), "g");
}

TEST(Socket, passes_flags_on) {
  Pair pair = unix_pair();
  pair.theirs.sendall("peek");
  EXPECT_EQ(pair.ours.recv(4, MSG_PEEK), "peek");
  EXPECT_EQ(pair.ours.recv(4), "peek");
}

// It was a TimeoutError once, and spun where there was a deadline.
TEST(Socket, with_MSG_DONTWAIT_does_not_wait) {
  Pair pair = unix_pair();
  EXPECT_THROW(pair.ours.recv(4, MSG_DONTWAIT), BlockingIOError);
  pair.ours.set_deadlines({.first_byte = {}, .read = {}, .idle = {}, .write = {}, .request = kWatchdog});
  EXPECT_THROW(pair.ours.recv(4, MSG_DONTWAIT), BlockingIOError);
  fill(pair.ours);
  EXPECT_THROW(pair.ours.sendall("more than there is room", MSG_DONTWAIT), BlockingIOError);
}

TEST(Socket, gives_nothing_at_the_end_and_the_rest_before) {
  Pair pair = tcp_pair();
  pair.theirs.sendall("rest");
  pair.theirs.shutdown(SHUT_WR);
  EXPECT_EQ(pair.ours.recv(100), "rest");
  EXPECT_EQ(pair.ours.recv(100), "");
  EXPECT_EQ(pair.ours.recv(100), "");
  pair.ours.sendall("still");  // only one direction has ended
  EXPECT_EQ(pair.theirs.recv(100), "still");
}

TEST(Socket, talks_over_udp) {
  Socket server = Socket::udp(), client = Socket::udp();
  server.bind({"127.0.0.1", 0});
  EXPECT_EQ(client.sendto("datagram", server.getsockname()), 8u);
  auto [data, from] = server.recvfrom(1024);
  EXPECT_EQ(data, "datagram");
  EXPECT_EQ(from.port(), client.getsockname().port());
  server.sendto("", from);  // an empty datagram is a datagram
  char buffer[10];
  const auto [size, server_address] = client.recvfrom_into(buffer);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(server_address, server.getsockname());
}

TEST(Socket, cuts_a_datagram_to_the_size_asked_for) {
  Pair pair = unix_pair(SOCK_DGRAM);
  pair.theirs.send("0123456789");
  pair.theirs.send("next");
  EXPECT_EQ(pair.ours.recvfrom(4).first, "0123");
  EXPECT_EQ(pair.ours.recvfrom(100).first, "next");
}

TEST(Socket, accepts_and_names_the_client) {
  Socket listener = tcp_listener();
  Socket client = create_connection(listener.getsockname());
  auto [socket, address] = listener.accept();
  EXPECT_EQ(address, client.getsockname());
  EXPECT_EQ(socket.family(), AF_INET);
  EXPECT_TRUE(blocking(socket));
}

TEST(Socket, has_nothing_pending_without_waiting) {
  Socket listener = tcp_listener();
  EXPECT_FALSE(listener.accept_pending());
  const Socket client = create_connection(listener.getsockname());
  const auto accepted = listener.accept_pending();
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->second, client.getsockname());
}

TEST(Socket, reads_and_writes_options) {
  Pair pair = tcp_pair();
  pair.ours.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
  EXPECT_NE(pair.ours.getsockopt(SOL_SOCKET, SO_KEEPALIVE), 0);
  const linger hard{1, 0};
  pair.ours.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&hard), sizeof hard});
  EXPECT_THROW(pair.ours.setsockopt(SOL_SOCKET, 9999, 1), OSError);
  EXPECT_THROW(pair.ours.getsockopt(SOL_SOCKET, 9999), OSError);
  pair.ours.close();
  EXPECT_THROW(pair.theirs.recv(1), ConnectionResetError);
}

TEST(Socket, turns_Nagle_off_where_there_is_TCP) {
  Pair tcp = tcp_pair(), unix = unix_pair();
  tcp.ours.set_nodelay();
  EXPECT_NE(tcp.ours.getsockopt(IPPROTO_TCP, TCP_NODELAY), 0);
  unix.ours.set_nodelay();  // nothing, and no error
}

TEST(Socket, closes_once_and_for_all) {
  Pair pair = unix_pair();
  pair.ours.close();
  pair.ours.close();
  EXPECT_EQ(pair.ours.fileno(), -1);
  EXPECT_EQ(pair.theirs.recv(1), "");
  EXPECT_THROW(pair.ours.shutdown(SHUT_WR), OSError);
  EXPECT_THROW(pair.ours.getsockname(), OSError);
}

TEST(Socket, gives_its_descriptor_away) {
  Pair pair = unix_pair();
  const Fd fd = pair.ours.detach();
  EXPECT_EQ(pair.ours.fileno(), -1);
  EXPECT_EQ(::write(fd.get(), "raw", 3), 3);
  EXPECT_EQ(pair.theirs.recv(3), "raw");
}

TEST(Socket, takes_a_descriptor_over_as_it_is) {
  Pair pair = unix_pair(SOCK_DGRAM);
  pair.ours.setblocking(false);
  Socket adopted(pair.ours.detach());
  EXPECT_EQ(adopted.family(), AF_UNIX);
  EXPECT_EQ(adopted.type(), SOCK_DGRAM);
  EXPECT_EQ(adopted.gettimeout(), 0ns);
  EXPECT_THROW(adopted.recv(1), BlockingIOError);
  EXPECT_THROW(Socket(Fd(-1)), OSError);
}

TEST(Socket, moves_with_its_settings_and_closes_what_it_replaces) {
  Pair pair = unix_pair(), other = unix_pair();
  pair.ours.settimeout(7s);
  other.ours = std::move(pair.ours);
  EXPECT_EQ(other.theirs.recv(1), "");
  EXPECT_EQ(other.ours.gettimeout(), 7s);
  Socket last(std::move(other.ours));
  last.sendall("moved");
  EXPECT_EQ(pair.theirs.recv(5), "moved");
  EXPECT_EQ(last.gettimeout(), 7s);
}

TEST(Socket, raises_no_SIGPIPE) {
  ::signal(SIGPIPE, SIG_DFL);
  for (auto* make_pair : kStreamPairs) {
    Pair pair = make_pair();
    pair.theirs.close();
    EXPECT_THROW(for (;;) pair.ours.sendall("into the void"), ConnectionError);
    EXPECT_THROW(pair.ours.send("again"), BrokenPipeError);
  }
  Pair datagrams = unix_pair(SOCK_DGRAM);
  datagrams.theirs.close();
  EXPECT_THROW(datagrams.ours.send("x"), ConnectionError);
}

TEST(Socket, names_the_peer_in_errors) {
  Pair pair = tcp_pair();
  pair.ours.settimeout(1ms);
  EXPECT_EQ(message_of<TimeoutError>([&] { pair.ours.recv(1); }),
            "recv " + pair.theirs.getsockname().to_string() + ": Connection timed out");
}

TEST(Socket, makes_files) {
  Pair pair = unix_pair();
  SocketFile file = pair.ours.makefile(), unbuffered = pair.theirs.makefile(0);
  unbuffered.write("a line\n");
  EXPECT_EQ(file.readline(), "a line\n");
  file.write("an answer\n");
  file.flush();
  EXPECT_EQ(unbuffered.readline(), "an answer\n");
}

/// A connection that another class wraps: every byte is turned on its way.
class TurningSocket : public Socket {
 public:
  using Socket::Socket;
  std::size_t recv_into(std::span<char> buffer, int flags) override {
    const std::size_t got = Socket::recv_into(buffer, flags);
    for (char& c : buffer.first(got)) c = static_cast<char>(c ^ 1);
    return got;
  }
  std::size_t send(std::string_view data, int flags) override {
    std::string turned(data);
    for (char& c : turned) c = static_cast<char>(c ^ 1);
    return Socket::send(turned, flags);
  }
};

TEST(Socket, can_be_wrapped_below_all_calls) {
  Pair pair = unix_pair();
  TurningSocket turning(pair.ours.detach());
  turning.sendall("`ac");
  EXPECT_EQ(pair.theirs.recv(3), "a`b");
  pair.theirs.sendall("a`b\n");
  Reader reader(turning);
  EXPECT_EQ(reader.read(4), "`ac\x0b");
}

TEST(SendAll, sends_all_to_a_slow_reader_in_spite_of_signals) {
  Pair pair = unix_pair();
  const std::string much(8 << 20, 'm');
  std::string got;
  std::thread reader([&] {
    for (std::string data; !(data = pair.theirs.recv(3000)).empty();) got += data;
  });
  {
    const SignalStorm storm;
    pair.ours.sendall(much);
  }
  pair.ours.close();
  reader.join();
  EXPECT_TRUE(got == much);
}

TEST(SendAll, of_nothing_sends_nothing_on_a_stream_and_a_datagram_elsewhere) {
  Pair stream = unix_pair(), datagram = unix_pair(SOCK_DGRAM);
  stream.ours.sendall("");
  EXPECT_FALSE(wait_readable(stream.theirs.fileno(), Deadline::now()));
  datagram.ours.sendall("");
  EXPECT_EQ(datagram.theirs.recvfrom(10).first, "");
}

}  // namespace
}  // namespace socketserver::testing
