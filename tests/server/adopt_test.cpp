// Sockets that somebody else made.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "net/sockets.hpp"
#include "socketserver/server/activated_sockets.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

RequestHandlerClass say_hello() {
  return [](Request& request, const Address& client, BaseServer&) {
    if (request.is_datagram())
      request.socket().sendto("hello", client);
    else
      request.sendall("hello");
  };
}

Fd bound(int type, const Address& address, bool listens) {
  Socket socket(address.family(), type);
  socket.bind(address);
  if (listens) socket.listen();
  return socket.detach();
}

TEST(Adopt, serves_over_a_socket_that_listens_and_one_that_does_not) {
  for (const bool listens : {true, false}) {
    Serving<TCPServer> serving(Address("127.0.0.1", 1), say_hello());
    serving.server().adopt(bound(SOCK_STREAM, {"127.0.0.1", 0}, listens));
    EXPECT_GT(serving.address().port(), 1);
    serving.start();
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), "hello");
  }
}

TEST(Adopt, serves_over_a_socket_of_either_IP) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), say_hello());
  serving.server().adopt(bound(SOCK_STREAM, {"::1", 0}, true));
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(client.family(), AF_INET6);
  EXPECT_EQ(read_all(client), "hello");
}

TEST(Adopt, serves_datagrams) {
  Fd fd = bound(SOCK_DGRAM, {"127.0.0.1", 0}, false);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  Serving<UDPServer> serving(Address("127.0.0.1", 0), say_hello());
  serving.server().adopt(std::move(fd));
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.sendto("", serving.address());
  EXPECT_EQ(client.recv(100), "hello");
}

TEST(Adopt, leaves_the_path_of_a_Unix_socket) {
  const TemporaryDirectory directory;
  const Address address(directory / "socket");
  {
    Serving<UnixStreamServer> serving(Address(directory / "own"), say_hello());
    serving.server().adopt(bound(SOCK_STREAM, address, true));
    serving.start();
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), "hello");
  }
  struct stat status;
  EXPECT_EQ(::stat(address.path().c_str(), &status), 0);
}

TEST(Adopt, leaves_a_backlog_as_it_is_and_those_who_wait_in_it) {
  Socket listener = tcp_listener();
  Socket early = create_connection(listener.getsockname(), kWatchdog);
  Serving<TCPServer> serving(Address("127.0.0.1", 0), say_hello());
  serving.server().adopt(listener.detach());
  serving.start();
  EXPECT_EQ(read_all(early), "hello");
}

template <class Server>
std::string complaint(const Address& address, Fd fd) {
  Server server(address, say_hello());
  const std::string begin = "adopt: descriptor " + std::to_string(fd.get()) + " ";
  try {
    server.adopt(std::move(fd));
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return what.starts_with(begin) ? what.substr(begin.size()) : "unexpected: " + what;
  }
  return "";
}

TEST(Adopt, says_what_is_wrong_with_a_descriptor) {
  const TemporaryDirectory directory;
  const Address ip("127.0.0.1", 0), path(directory / "socket");
  const std::size_t before = open_descriptors();
  EXPECT_EQ(complaint<TCPServer>(ip, Fd(::open("/dev/null", O_RDONLY))),
            "is no socket: Socket operation on non-socket");
  EXPECT_EQ(complaint<TCPServer>(ip, Fd()), "is no socket: Bad file descriptor");
  EXPECT_EQ(complaint<TCPServer>(ip, bound(SOCK_DGRAM, ip, false)), "is not of connections (SOCK_STREAM)");
  EXPECT_EQ(complaint<UDPServer>(ip, bound(SOCK_STREAM, ip, false)), "is not of datagrams (SOCK_DGRAM)");
  EXPECT_EQ(complaint<TCPServer>(ip, bound(SOCK_STREAM, path, true)), "is of the Unix domain, not of IP");
  EXPECT_EQ(complaint<UnixStreamServer>(path, bound(SOCK_STREAM, ip, true)), "is not of the Unix domain");
  EXPECT_EQ(complaint<TCPServer>(ip, Socket(AF_INET, SOCK_STREAM).detach()), "is not bound");
  EXPECT_EQ(complaint<TCPServer>(ip, tcp_pair().ours.detach()), "is connected");
  EXPECT_EQ(open_descriptors(), before);
}

/// What it does must happen to a process of its own: the environment, descriptors 3 and up.
class ActivatedSockets : public ::testing::Test {
 protected:
  static void set(const char* pid, const char* count, const char* names) {
    const std::string own = std::to_string(::getpid());
    ::setenv("LISTEN_PID", pid == nullptr ? own.c_str() : pid, 1);
    ::setenv("LISTEN_FDS", count, 1);
    if (names != nullptr) ::setenv("LISTEN_FDNAMES", names, 1);
  }
  static bool is_clean() {
    for (const char* each : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
      if (std::getenv(each) != nullptr) return false;
    return true;
  }
  /// The exit status of a child in which `body` gave true.
  template <class Body>
  static void in_child(Body body) {
    EXPECT_EXIT(::_exit(body() ? 0 : 1), ::testing::ExitedWithCode(0), "");
  }
};

TEST_F(ActivatedSockets, are_those_from_3_on_with_their_names) {
  in_child([] {
    const Fd null(::open("/dev/null", O_RDONLY));
    if (::dup2(null.get(), 3) < 0 || ::dup2(null.get(), 4) < 0) return false;
    set(nullptr, "2", "one");
    const auto given = activated_sockets();
    return given.size() == 2 && given[0].fd.get() == 3 && given[0].name == "one" && given[1].fd.get() == 4 &&
           given[1].name == "unknown" && (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && is_clean() &&
           activated_sockets().empty();
  });
}

TEST_F(ActivatedSockets, are_none_of_another_process) {
  in_child([] {
    set("1", "1", nullptr);
    return activated_sockets().empty() && is_clean();
  });
}

TEST_F(ActivatedSockets, are_none_without_the_environment) {
  in_child([] { return activated_sockets().empty(); });
}

TEST_F(ActivatedSockets, must_make_sense) {
  in_child([] {
    set(nullptr, "two", nullptr);
    try {
      activated_sockets();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what()) == "LISTEN_FDS is 'two', not a number" && is_clean();
    }
    return false;
  });
  in_child([] {
    ::close(3);
    set(nullptr, "1", nullptr);
    try {
      activated_sockets();
    } catch (const OSError& error) {
      return error.errnum() == EBADF;
    }
    return false;
  });
}

}  // namespace
}  // namespace socketserver::testing
