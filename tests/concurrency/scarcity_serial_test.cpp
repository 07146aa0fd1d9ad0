// Out of descriptors, and clients by the thousands that only reset. Python's loop spins at 255,000 accepts a
// second without descriptors, and prints a traceback for every reset.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Takes all descriptors there are below a lowered limit, until it goes.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{static_cast<rlim_t>(open_descriptors()) + 20, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = ::dup(STDERR_FILENO)) >= 0;) taken_.emplace_back(fd);
    EXPECT_EQ(errno, EMFILE);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

std::chrono::nanoseconds cpu_time_of(std::thread& thread) {
  clockid_t clock{};
  timespec time{};
  ::pthread_getcpuclockid(thread.native_handle(), &clock);
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

template <class Base>
struct LoggingServer : Base {
  using Base::Base;
  ~LoggingServer() override { this->server_close(); }
  void log_message(LogLevel, const std::string& message) override {
    const std::lock_guard lock(mutex);
    log.push_back(message);
  }
  std::mutex mutex;  // guards log
  std::vector<std::string> log;
};

template <class Server>
class ScarcitySerial : public ::testing::Test {
 protected:
  /// Serves, and has served one client: the loop has all the descriptors that it needs.
  static std::thread start(Server& server) {
    std::thread loop([&] { server.serve_forever(24h); });
    idle_client(server.server_address()).shutdown(SHUT_WR);
    EXPECT_TRUE(
        eventually([&] { return server.statistics().accepted == 1 && server.statistics().active == 0; }));
    return loop;
  }
  TemporaryDirectory directory_;
};
using Servers =
    ::testing::Types<TCPServer, UnixStreamServer, ThreadingTCPServer, ForkingTCPServer,
                     ThreadPoolMixIn<TCPServer>, PrethreadingMixIn<TCPServer>, FiberMixIn<TCPServer>>;
TYPED_TEST_SUITE(ScarcitySerial, Servers, ServerNames);

TYPED_TEST(ScarcitySerial, of_descriptors_costs_nothing_drops_nobody_and_is_logged_once) {
  LoggingServer<TypeParam> server(address_for<TypeParam>(this->directory_), echo());
  server.bind_and_activate();
  std::vector<Socket> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(server.address_family(), SOCK_STREAM);
  std::thread loop = this->start(server);
  std::optional<NoDescriptors> none(std::in_place);
  for (Socket& client : clients) {
    client.settimeout(kWatchdog);
    client.connect(server.server_address());
    client.sendall("x");
  }
  EXPECT_TRUE(eventually([&] { return server.statistics().paused > 0; }));

  const auto before = cpu_time_of(loop);
  wait_any({}, Deadline::after(1s));  // not for something to happen: the second that is measured
  EXPECT_LT(in_ms(cpu_time_of(loop) - before), 50.0 * kSlower);  // 5 % of a core
  EXPECT_EQ(server.statistics().accepted, 1u);
  EXPECT_LE(server.statistics().paused, 10u);  // 5 ms doubled eight times is over a second
  {
    const std::lock_guard lock(server.mutex);
    EXPECT_EQ(server.log,
              std::vector<std::string>{"accepting pauses until there is room: accept: Too many open files"});
  }

  none.reset();
  const auto waited = time_of([&] {
    for (Socket& client : clients) {
      EXPECT_EQ(client.recv(1), "x");
      client.shutdown(SHUT_WR);
    }
  });
  EXPECT_LT(in_ms(waited), 2000.0 * kSlower);  // the longest pause is one second
  server.shutdown();
  loop.join();
  EXPECT_EQ(server.statistics().accepted, clients.size() + 1);
}

TYPED_TEST(ScarcitySerial, of_descriptors_does_not_delay_shutdown) {
  LoggingServer<TypeParam> server(address_for<TypeParam>(this->directory_), echo());
  server.bind_and_activate();
  Socket client(server.address_family(), SOCK_STREAM);
  std::thread loop = this->start(server);
  const NoDescriptors none;
  client.connect(server.server_address());
  EXPECT_TRUE(eventually([&] { return server.statistics().paused >= 5; }));  // pauses are 160 ms by now
  EXPECT_LT(in_ms(time_of([&] { server.shutdown(); })), 50.0 * kSlower);
  loop.join();
}

// The descriptors that watch children take all there are, and poll(2) refuses more entries than that: it once
// ended the loop, and the process in the destructor.
TEST(ForkingScarcitySerial, of_descriptors_for_children_ends_nothing) {
  const TemporaryDirectory directory;
  ForkingUDPServer server({"127.0.0.1", 0}, [](Request& request, const Address& client, BaseServer&) {
    request.socket().sendto("here", client);
    wait_any({}, Deadline::after(kWatchdog));  // until it is killed
  });
  server.max_children = 60;
  server.drain_timeout = 0ms;
  server.bind_and_activate();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.connect(server.server_address());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{static_cast<rlim_t>(open_descriptors()) + 10, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::thread loop([&] { server.serve_forever(24h); });
  for (std::size_t i = 0; i < server.max_children; ++i) {
    client.send("x");
    EXPECT_EQ(client.recv(10), "here");
  }
  server.shutdown();
  loop.join();
  server.server_close();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

// A worker has as many as its process, which are those that its parent left.
TEST(PreforkingScarcitySerial, of_descriptors_in_a_worker_loses_nobody) {
  PreforkingMixIn<ThreadingTCPServer> server({"127.0.0.1", 0}, echo());
  server.workers = 1;
  server.log_level = LogLevel::kError;
  server.bind_and_activate();
  std::vector<Socket> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(AF_INET, SOCK_STREAM);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{static_cast<rlim_t>(open_descriptors()) + 20, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::thread loop([&] { server.serve_forever(24h); });
  for (Socket& client : clients) {
    client.settimeout(kWatchdog);
    client.connect(server.server_address());
    client.sendall("x");
  }
  EXPECT_TRUE(eventually([&] { return server.statistics().paused > 0; }));
  EXPECT_LT(server.statistics().accepted, clients.size());
  for (Socket& client : clients) {
    EXPECT_EQ(client.recv(1), "x");
    client.shutdown(SHUT_WR);  // the worker has a copy of this socket
  }
  EXPECT_TRUE(eventually([&] { return server.statistics().active == 0; }));
  EXPECT_EQ(server.statistics().accepted, clients.size());
  server.shutdown();
  loop.join();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

// ---- clients that reset ----

/// Connects and resets at once: connect(2) to no address does that even where a forked child has a copy of
/// the client's socket, which would outlive a close.
void connect_and_reset(const Address& server) {
  Socket client = create_connection(server, kWatchdog);
  const sockaddr nowhere{AF_UNSPEC, {}};
  ASSERT_EQ(::connect(client.fileno(), &nowhere, sizeof nowhere), 0);
}

template <class Server>
void reset_many(int count) {
  Serving<Server> serving(Address("127.0.0.1", 0), echo());
  // All threads must be there when they are counted; a pool makes them when it needs them.
  if constexpr (requires { serving.server().workers; }) serving.server().workers = 1;
  serving.start();
  idle_client(serving.address()).shutdown(SHUT_WR);
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
  const std::size_t descriptors = open_descriptors(), threads = running_threads();

  ::testing::internal::CaptureStderr();
  for (int i = 0; i < count; ++i) connect_and_reset(serving.address());
  idle_client(serving.address()).shutdown(SHUT_WR);  // comes after all of them
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");

  EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }));
  EXPECT_TRUE(eventually([&] { return running_threads() <= threads; }));
  EXPECT_LE(serving.server().statistics().accepted, static_cast<std::uint64_t>(count) + 2);
  serving.stop();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ResetSerial, by_10000_clients_leaks_nothing_in_a_loop) { reset_many<TCPServer>(10'000); }
TEST(ResetSerial, by_10000_clients_leaks_nothing_with_threads) { reset_many<ThreadingTCPServer>(10'000); }
TEST(ResetSerial, by_10000_clients_leaks_nothing_in_a_pool) {
  reset_many<ThreadPoolMixIn<TCPServer>>(10'000);
}
TEST(ResetSerial, by_10000_clients_leaks_nothing_with_prethreading) {
  reset_many<PrethreadingMixIn<TCPServer>>(10'000);
}
TEST(ResetSerial, by_10000_clients_leaks_nothing_with_fibers) { reset_many<FiberMixIn<TCPServer>>(10'000); }
TEST(ResetSerial, by_10000_clients_leaks_nothing_with_processes) {
  reset_many<ForkingTCPServer>(10'000 / static_cast<int>(kSlower));
}

}  // namespace
}  // namespace socketserver::testing
