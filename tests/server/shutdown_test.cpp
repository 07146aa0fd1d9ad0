// Ending the loop: from where, and when.
#include <gtest/gtest.h>
#include <signal.h>

#include "server/made_up_server.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

RequestHandlerClass echo() {
  return [](Request& request, const Address&, BaseServer&) {
    for (std::string data; !(data = request.recv(100)).empty();) request.sendall(data);
  };
}

TEST(Shutdown, before_the_loop_ends_the_next_loop_at_once_and_only_that) {
  MadeUpServer server(echo());
  server.shutdown();
  server.serve_forever(24h);
  server.timeout = 1ms;
  int timeouts = 0;
  server.on_timeout = [&] { ++timeouts; };
  server.handle_request();
  EXPECT_EQ(timeouts, 1);
}

// Once the loop could end after the request to stop was noted but before its wake-up was sent, which then
// ended the next loop as well.
TEST(Shutdown, ends_one_loop_only_however_close_they_meet) {
  MadeUpServer server(echo());
  for (int round = 0; round < 3000; ++round) {
    int turns = 0;
    server.on_service_actions = [] {};
    std::thread loop([&] { server.serve_forever(0ns); });
    server.shutdown();
    loop.join();
    server.on_service_actions = [&] {
      if (++turns == 2) server.shutdown();
    };
    server.serve_forever(0ns);
    ASSERT_EQ(turns, 2) << "in round " << round;
  }
}

TEST(Shutdown, ends_handle_request_early) {
  MadeUpServer server(echo());
  std::thread loop([&] { server.handle_request(); });  // without a timeout
  server.shutdown();
  loop.join();
}

TEST(Shutdown, from_a_handler_ends_the_loop_after_it) {
  MadeUpServer server([](Request& request, const Address&, BaseServer& itself) {
    itself.shutdown();
    request.sendall("last words");
  });
  Socket client = server.connect(), next = server.connect();
  server.serve_forever(24h);
  EXPECT_EQ(read_all(client), "last words");
  EXPECT_EQ(server.statistics().accepted, 1u);
}

TEST(Shutdown, from_service_actions_ends_the_loop) {
  MadeUpServer server(echo());
  server.on_service_actions = [&] { server.shutdown(); };
  server.serve_forever(1ms);
}

TEST(Shutdown, by_many_threads_at_once_waits_for_the_end_in_each) {
  for (int round = 0; round < 50; ++round) {
    MadeUpServer server(echo());
    std::atomic<bool> ended{false};
    std::thread loop([&] {
      server.serve_forever(24h);
      ended = true;
    });
    Socket client = server.connect();
    client.sendall("x");
    EXPECT_EQ(client.recv(1), "x");  // the loop runs
    client.close();
    std::thread first([&] { server.shutdown(); }), second([&] { server.shutdown(); });
    first.join();
    second.join();
    loop.join();
    EXPECT_TRUE(ended);
  }
}

TEST(Shutdown, right_after_the_start_is_not_lost) {
  for (int round = 0; round < 100; ++round) {
    MadeUpServer server(echo());
    std::thread loop([&] { server.serve_forever(24h); });
    server.shutdown();
    loop.join();
  }
}

MadeUpServer* stopped_by_signal = nullptr;

TEST(Shutdown, is_asked_for_by_a_signal_handler) {
  MadeUpServer server(echo());
  stopped_by_signal = &server;
  ::signal(SIGUSR1, [](int) { stopped_by_signal->request_shutdown(); });
  std::thread killer([target = ::pthread_self()] { ::pthread_kill(target, SIGUSR1); });
  server.serve_forever(24h);
  killer.join();
  ::signal(SIGUSR1, SIG_DFL);
}

TEST(Shutdown, leaves_a_server_that_can_serve_again) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), echo());
  for (const std::string word : {"once", "again"}) {
    serving.start();
    Socket client = serving.connect();
    client.sendall(word);
    EXPECT_EQ(client.recv(100), word);
    client.close();
    serving.stop();
  }
}

TEST(Shutdown, lets_a_handler_of_the_loop_finish_within_drain_timeout) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().drain_timeout = kWatchdog;
  serving.start();
  Socket client = serving.connect();
  client.sendall("a");
  EXPECT_EQ(client.recv(1), "a");
  std::thread stopper([&] { serving.server().shutdown(); });
  client.sendall("b");  // served before or after the stop is noticed
  EXPECT_EQ(client.recv(1), "b");
  client.shutdown(SHUT_WR);
  stopper.join();
  EXPECT_EQ(client.recv(1), "");
}

TEST(Shutdown, cuts_a_handler_of_the_loop_that_waits_on_its_client_after_drain_timeout) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.server().drain_timeout = 50ms;
  serving.start();
  Socket client = serving.connect();
  client.sendall("a");
  EXPECT_EQ(client.recv(1), "a");
  EXPECT_GE(time_of([&] { serving.server().shutdown(); }), 50ms);
  EXPECT_EQ(client.recv(1), "");
}

TEST(Shutdown, cuts_a_handler_of_the_loop_whose_client_does_not_read) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), [](Request& request, const Address&, BaseServer&) {
    const std::string block(1 << 20, 'x');
    for (;;) request.sendall(block);
  });
  serving.server().drain_timeout = 50ms;
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(client.recv(1), "x");
  serving.server().shutdown();
}

// A handler that never had to wait was never asked to stop once.
TEST(Shutdown, cuts_a_handler_of_the_loop_whose_client_never_stops_sending) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), [](Request& request, const Address&, BaseServer&) {
    char little[16];  // the client is always faster
    while (request.recv_into(little) > 0) {
    }
  });
  serving.server().drain_timeout = 50ms;
  serving.start();
  Socket client = serving.connect();
  std::thread flood([&] {
    const std::string block(1 << 16, 'x');
    try {
      for (;;) client.sendall(block);
    } catch (const OSError&) {
    }
  });
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 1; }));
  serving.server().shutdown();
  serving.stop();
  client.interrupt();
  flood.join();
}

// There is no connection to shut down: the loop waited for such a client for ever once.
TEST(Shutdown, cuts_a_datagram_handler_whose_client_does_not_read) {
  const TemporaryDirectory directory;
  Serving<UnixDatagramServer> serving(Address(directory / "s"),
                                      [](Request& request, const Address& client, BaseServer&) {
                                        for (;;) request.socket().sendto("more and more", client);
                                      });
  serving.server().drain_timeout = 50ms;
  serving.start();
  Socket client = Socket::udp();
  client.bind(directory / "c");
  client.sendto("begin", serving.address());
  EXPECT_EQ(client.recv(100), "more and more");
  serving.server().shutdown();
}

// Once the loop could have ended, and begun anew, between the request and the waiting.
TEST(Shutdown, returns_although_the_loop_begins_again_at_once) {
  MadeUpServer server(echo());
  std::atomic<bool> over{false};
  std::thread loops([&] {
    while (!over) server.serve_forever(24h);
  });
  for (int i = 0; i < 2000; ++i) server.shutdown();
  over = true;
  server.shutdown();
  loops.join();
}

// Once a loop that was about to begin bound again, and served for ever.
TEST(ServerClose, ends_a_loop_that_is_about_to_begin) {
  for (int round = 0; round < 100; ++round) {
    TCPServer server({"127.0.0.1", 0}, echo());
    server.bind_and_activate();
    std::thread loop([&] { server.serve_forever(24h); });
    server.server_close();
    loop.join();
    EXPECT_EQ(server.fileno(), -1);
  }
}

TEST(ServerClose, lets_nothing_be_served_until_it_is_bound_again) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), echo());
  TCPServer& server = serving.server();
  server.bind_and_activate();
  server.server_close();
  server.serve_forever(24h);
  server.handle_request();
  EXPECT_EQ(server.fileno(), -1);
  serving.start();
  Socket client = serving.connect();
  client.sendall("x");
  EXPECT_EQ(client.recv(1), "x");
}

TEST(ServerClose, ends_the_loop_and_may_be_called_again) {
  Serving<TCPServer> serving(Address("127.0.0.1", 0), echo());
  serving.start();
  Socket client = serving.connect();
  client.sendall("x");
  EXPECT_EQ(client.recv(1), "x");  // the loop runs
  client.shutdown(SHUT_WR);
  serving.server().server_close();
  serving.server().server_close();
  EXPECT_EQ(serving.server().fileno(), -1);
}

TEST(ServerClose, without_anything_served_is_fine) {
  TCPServer never_bound({"127.0.0.1", 0}, echo());
  never_bound.server_close();
  TCPServer bound({"127.0.0.1", 0}, echo());
  bound.bind_and_activate();
  const Address address = bound.server_address();
  bound.server_close();
  EXPECT_THROW(create_connection(address), ConnectionRefusedError);
}

}  // namespace
}  // namespace socketserver::testing
