// The mix-ins where they differ from each other; what they share is in the conformance suite.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "concurrency/few_processes.hpp"
#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

// ---- forking ----

/// Says how many listening sockets the process has that runs it.
RequestHandlerClass count_listeners() {
  return [](Request& request, const Address&, BaseServer&) {
    int listeners = 0;
    for (int fd = 0; fd < 256; ++fd) {
      int listening = 0;
      socklen_t size = sizeof listening;
      if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0) listeners += listening;
    }
    request.sendall(std::to_string(listeners));
  };
}

TEST(Forking, has_no_listener_in_the_child) {
  Serving<ForkingTCPServer> forking(Address("127.0.0.1", 0), count_listeners());
  forking.start();
  Socket client = forking.connect();
  EXPECT_EQ(read_all(client), "0");
  forking.stop();
  Serving<TCPServer> iterative(Address("127.0.0.1", 0), count_listeners());
  iterative.start();
  Socket witness = iterative.connect();
  EXPECT_EQ(read_all(witness), "1");  // the handler does see one where there is one
}

TEST(Forking, has_no_listener_in_the_child_of_a_Unix_server_and_keeps_the_file) {
  const TemporaryDirectory directory;
  Serving<ForkingUnixStreamServer> serving(Address(directory / "s"), count_listeners());
  serving.start();
  for (int i = 0; i < 3; ++i) {
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), "0");
  }
}

struct CountingForkingServer : ForkingTCPServer {
  using ForkingTCPServer::ForkingTCPServer;
  ~CountingForkingServer() override { server_close(); }
  void service_actions() override {
    ForkingTCPServer::service_actions();
    ++turns;
  }
  std::atomic<int> turns{0};
};

TEST(Forking, goes_on_at_max_children_and_serves_the_next_when_one_ends) {
  Serving<CountingForkingServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().max_children = 1;
  serving.server().bind_and_activate();
  std::thread loop([&] { serving.server().serve_forever(1ms); });
  Socket first = idle_client(serving.address());
  Socket second = serving.connect();
  second.sendall("y");
  const int turns = serving.server().turns;
  EXPECT_TRUE(eventually([&] { return serving.server().turns > turns + 20; }));
  EXPECT_FALSE(wait_readable(second.fileno(), Deadline::now()));
  first.shutdown(SHUT_WR);
  EXPECT_EQ(second.recv(1), "y");
  second.shutdown(SHUT_WR);
  serving.server().shutdown();
  loop.join();
}

// The parent has the descriptor as well: the client once saw nothing before the child's end.
TEST(Forking, ends_the_connection_that_a_handler_closes) {
  Wakeup over;
  Serving<ForkingTCPServer> serving(Address("127.0.0.1", 0),
                                    [&](Request& request, const Address&, BaseServer&) {
                                      request.sendall("bye");
                                      request.close();
                                      wait_readable(over.fileno(), Deadline::after(kWatchdog));
                                    });
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "bye");
  EXPECT_EQ(serving.server().statistics().active, 1u);
  over.notify();
}

TEST(Forking, reaps_no_child_of_others_at_max_children) {
  const pid_t other = ::fork();
  if (other == 0) ::_exit(7);
  Serving<ForkingTCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().max_children = 1;
  serving.start();
  for (int i = 0; i < 3; ++i) idle_client(serving.address()).shutdown(SHUT_WR);
  serving.stop();
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(Forking, reaps_a_child_as_soon_as_it_ends) {
  ForkingTCPServer server({"127.0.0.1", 0}, echo());
  server.bind_and_activate();
  std::thread loop([&] { server.serve_forever(24h); });
  for (int i = 0; i < 5; ++i) {
    idle_client(server.server_address()).shutdown(SHUT_WR);
    EXPECT_TRUE(eventually([&] { return server.statistics().active == 0; }));
  }
  server.shutdown();
  loop.join();
  EXPECT_TRUE(server.active_children().empty());
}

TEST(Forking, serves_without_descriptors_that_watch_children) {
  ForkingTCPServer server({"127.0.0.1", 0}, echo());
  server.bind_and_activate();
  std::vector<Socket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(create_connection(server.server_address(), kWatchdog));
  // One more descriptor than there are: the connection takes it, and none is left for pidfd_open.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const Fd next(::dup(STDIN_FILENO));
  const rlimit tight{static_cast<rlim_t>(next.get()) + 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::thread loop([&] { server.serve_forever(24h); });
  for (Socket& client : clients) {
    client.sendall("x");
    EXPECT_EQ(client.recv(1), "x");
    client.shutdown(SHUT_WR);
    EXPECT_EQ(client.recv(1), "");
  }
  server.shutdown();
  loop.join();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Forking, says_which_children_are_active) {
  ForkingTCPServer server({"127.0.0.1", 0}, echo());
  server.bind_and_activate();
  Socket client = create_connection(server.server_address(), kWatchdog);
  server.handle_request();
  EXPECT_EQ(server.active_children().size(), 1u);
  client.shutdown(SHUT_WR);
  server.collect_children(true);
  EXPECT_TRUE(server.active_children().empty());
}

TEST(Forking, is_stopped_by_a_handler_in_a_child) {
  ForkingTCPServer server({"127.0.0.1", 0},
                          [](Request&, const Address&, BaseServer& itself) { itself.shutdown(); });
  server.bind_and_activate();
  Socket client = create_connection(server.server_address(), kWatchdog);
  server.serve_forever(24h);
  EXPECT_EQ(client.recv(1), "");
}

TEST(Forking, does_not_wait_at_close_when_told_so) {
  Serving<ForkingTCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().block_on_close = false;
  serving.server().drain_timeout = 24h;
  serving.start();
  Socket client = idle_client(serving.address());
  serving.stop();
  EXPECT_EQ(client.recv(1), "");
}

TEST(Forking, loses_one_connection_where_there_can_be_no_child_and_goes_on) {
  ForkingTCPServer server({"127.0.0.1", 0}, echo());
  server.bind_and_activate();
  EXPECT_EXIT(in_user_without_processes([&] {
                Socket client = create_connection(server.server_address(), kWatchdog);
                server.log_level = LogLevel::kError;
                server.handle_request();
                return client.recv(1).empty() && server.statistics().paused == 1 &&
                       server.statistics().active == 0;
              }),
              ::testing::ExitedWithCode(0), "");
}

// ---- threading ----

TEST(Threading, keeps_to_max_connections) {
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().max_connections = 2;
  serving.start();
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  Socket third = serving.connect();
  third.sendall("z");
  EXPECT_EQ(serving.server().statistics().accepted, 2u);
  EXPECT_FALSE(wait_readable(third.fileno(), Deadline::after(20ms)));
  first.close();
  EXPECT_EQ(third.recv(1), "z");
}

TEST(Threading, does_not_wait_at_close_for_daemon_threads) {
  for (const bool daemon : {true, false}) {
    Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0), echo());
    serving.server().daemon_threads = daemon;
    serving.server().block_on_close = daemon;  // either is enough
    serving.server().drain_timeout = 24h;
    serving.start();
    Socket client = idle_client(serving.address());
    serving.stop();
    EXPECT_EQ(client.recv(1), "");
  }
}

// There is no connection to shut down: closing once waited for such a client for ever.
TEST(Threading, closes_although_a_client_does_not_read_its_datagrams) {
  const TemporaryDirectory directory;
  Serving<ThreadingUnixDatagramServer> serving(Address(directory / "s"),
                                               [](Request& request, const Address& client, BaseServer&) {
                                                 for (;;) request.socket().sendto("more and more", client);
                                               });
  serving.server().drain_timeout = 50ms;
  serving.start();
  Socket client = Socket::udp();
  client.bind(directory / "c");
  client.sendto("begin", serving.address());
  EXPECT_EQ(client.recv(100), "more and more");
  serving.stop();
}

TEST(Threading, may_be_closed_by_a_handler) {
  const TemporaryDirectory directory;
  Serving<ThreadingUnixStreamServer> serving(Address(directory / "s"),
                                             [](Request& request, const Address&, BaseServer& itself) {
                                               itself.server_close();
                                               request.sendall("closed");
                                             });
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "closed");
}

TEST(Threading, loses_one_connection_where_there_can_be_no_thread_and_goes_on) {
  Serving<ThreadingTCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().log_level = LogLevel::kError;
  serving.server().thread_stack_size = std::size_t{1} << 60;
  ::testing::internal::CaptureStderr();
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "");
  Socket next = serving.connect();
  EXPECT_EQ(read_all(next), "");
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().paused == 2; }));
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("pthread_create: "), std::string::npos);
}

}  // namespace
}  // namespace socketserver::testing
