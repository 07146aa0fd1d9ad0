// shutdown() takes milliseconds, whoever calls it and whatever the server does. Python: up to 0.5 s, and a
// deadlock from a handler or before the loop.
#include <gtest/gtest.h>
#include <unistd.h>

#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kMostMs = 5.0 * kSlower;

/// A busy machine makes a thread wait for several slices of others' time: the figure is that of the best try,
/// and all others show that nothing is waited for.
void expect_short(const std::vector<Clock::duration>& tries) {
  EXPECT_LT(in_ms(tries.front()), kMostMs);
  EXPECT_LT(in_ms(tries[tries.size() / 2]), 10 * kMostMs);
}

/// Loops in a thread, and tells when it ended.
template <class Server>
class Loop {
 public:
  explicit Loop(Server& server)
      : thread_([this, &server] {
          server.serve_forever(24h);
          ended_ = Clock::now();
        }) {}
  Clock::time_point join() {
    thread_.join();
    return ended_;
  }

 private:
  Clock::time_point ended_;
  std::thread thread_;
};

/// Clients that come one after the other for as long as the fixture lives, each for one echo.
class Crowd {
 public:
  Crowd(const Address& server, int type) {
    for (int i = 0; i < 2; ++i)
      threads_.emplace_back([this, server, type] {
        while (!over_) type == SOCK_STREAM ? connect(server) : send(server);
      });
  }
  ~Crowd() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  // Of those whose server stops before they are served, for the test to end soon.
  static constexpr auto kPatience = 100ms;

  void connect(const Address& server) {
    Socket client = Socket::tcp();
    client.settimeout(kPatience);
    try {
      client.connect(server);
      client.sendall("x");
      client.recv(1);
      ++served;
    } catch (const OSError&) {  // the server stops
    }
    client.interrupt();  // to close it would not do where a forked child has a copy
  }
  void send(const Address& server) {
    try {
      Socket client = Socket::udp();
      client.settimeout(kPatience);
      if (server.family() == AF_UNIX) client.bind(Address(std::string(1, '\0') + "crowd" + name()));
      client.sendto("x", server);
      client.recv(1);
      ++served;
    } catch (const OSError&) {
    }
  }
  static std::string name() {
    static std::atomic<int> number{0};
    return std::to_string(::getpid()) + "-" + std::to_string(++number);
  }
  std::atomic<bool> over_{false};

 public:
  std::atomic<int> served{0};

 private:
  std::vector<std::thread> threads_;
};

template <class Server>
class ShutdownTiming : public ::testing::Test {
 protected:
  Address address() const { return address_for<Server>(directory_); }
  TemporaryDirectory directory_;
};

using Servers =
    ::testing::Types<TCPServer, UDPServer, UnixStreamServer, UnixDatagramServer, ThreadingTCPServer,
                     ThreadingUDPServer, ThreadingUnixStreamServer, ThreadingUnixDatagramServer,
                     ForkingTCPServer, ForkingUDPServer, ForkingUnixStreamServer, ForkingUnixDatagramServer,
                     ThreadPoolMixIn<TCPServer>, ThreadPoolMixIn<UDPServer>, PrethreadingMixIn<TCPServer>,
                     PrethreadingMixIn<UDPServer>, FiberMixIn<TCPServer>, FiberMixIn<UDPServer>>;
TYPED_TEST_SUITE(ShutdownTiming, Servers, ServerNames);

TYPED_TEST(ShutdownTiming, is_short_for_an_idle_server) {
  const auto took = tries_of([this] {
    TypeParam server(this->address(), echo());
    server.bind_and_activate();
    Loop loop(server);
    wait_any({}, Deadline::after(2ms));  // most likely the loop waits by now
    const auto time = time_of([&] { server.shutdown(); });
    loop.join();
    return time;
  });
  expect_short(took);
}

TYPED_TEST(ShutdownTiming, is_short_for_a_busy_server) {
  const auto took = tries_of([this] {
    TypeParam server(this->address(), echo());
    server.drain_timeout = 24h;
    server.bind_and_activate();
    Loop loop(server);
    Crowd crowd(server.server_address(), server.socket_type());
    EXPECT_TRUE(eventually([&] { return crowd.served > 10; }));
    const auto time = time_of([&] { server.shutdown(); });
    loop.join();
    server.server_close();
    return time;
  });
  expect_short(took);
}

TYPED_TEST(ShutdownTiming, is_short_before_the_loop) {
  const auto took = tries_of([this] {
    TypeParam server(this->address(), echo());
    server.bind_and_activate();
    return time_of([&] {
      server.shutdown();
      server.serve_forever(24h);
    });
  });
  expect_short(took);
}

/// Notes when it is called (the steady clock counts alike in a child process), and stops its server.
RequestHandlerClass stop_server(int notes) {
  return [notes](Request& request, const Address&, BaseServer& server) {
    // A client must not send to one that has closed.
    if (!request.is_datagram()) {
      EXPECT_EQ(request.recv(2), "go");
    }
    const auto now = Clock::now();
    server.shutdown();
    EXPECT_EQ(::write(notes, &now, sizeof now), static_cast<ssize_t>(sizeof now));
  };
}

TYPED_TEST(ShutdownTiming, is_short_from_a_handler) {
  const auto took = tries_of([this] {
    Pair notes = unix_pair();
    TypeParam server(this->address(), stop_server(notes.theirs.fileno()));
    server.bind_and_activate();
    Loop loop(server);
    Socket client(server.address_family(), server.socket_type());
    client.connect(server.server_address());
    client.send("go");
    const auto ended = loop.join();
    Clock::time_point called;
    EXPECT_EQ(notes.ours.recv_into({reinterpret_cast<char*>(&called), sizeof called}), sizeof called);
    return ended - called;
  });
  expect_short(took);
}

// ---- with connections in progress ----

template <class Server>
class ShutdownWithClientsTiming : public ShutdownTiming<Server> {};
using ConnectionServers = ::testing::Types<ThreadingTCPServer, ThreadingUnixStreamServer, ForkingTCPServer,
                                           ForkingUnixStreamServer>;
TYPED_TEST_SUITE(ShutdownWithClientsTiming, ConnectionServers, ServerNames);

TYPED_TEST(ShutdownWithClientsTiming, does_not_wait_for_them) {
  const auto took = tries_of([this] {
    TypeParam server(this->address(), echo());
    server.drain_timeout = 0s;
    server.bind_and_activate();
    Loop loop(server);
    Socket first = idle_client(server.server_address()), second = idle_client(server.server_address());
    const auto time = time_of([&] { server.shutdown(); });
    first.sendall("still served");
    EXPECT_EQ(first.recv(100), "still served");
    loop.join();
    return time;
  });
  expect_short(took);
}

TYPED_TEST(ShutdownWithClientsTiming, is_short_at_the_limit) {
  const auto took = tries_of([this] {
    TypeParam server(this->address(), echo());
    server.drain_timeout = 0s;
    server.max_connections = 2;
    if constexpr (is_forking<TypeParam>) server.max_children = 2;
    server.bind_and_activate();
    Loop loop(server);
    Socket first = idle_client(server.server_address()), second = idle_client(server.server_address());
    Socket waits = create_connection(server.server_address(), kWatchdog);
    const auto time = time_of([&] { server.shutdown(); });
    loop.join();
    return time;
  });
  expect_short(took);
}

}  // namespace
}  // namespace socketserver::testing
