// The models with a fixed number of threads, where they differ from others.
#include <gtest/gtest.h>

#include <limits>

#include "concurrency/few_processes.hpp"
#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

template <class Server>
class Workers : public ::testing::Test {};
using Servers = ::testing::Types<ThreadPoolMixIn<TCPServer>, PrethreadingMixIn<TCPServer>>;
TYPED_TEST_SUITE(Workers, Servers, ServerNames);

TYPED_TEST(Workers, serve_as_many_clients_at_once_as_there_are) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 2;
  serving.start();
  expect_two_at_once(serving.address());
}

// Of prethreading workers one more is there for that, since those that are busy accept nobody.
TYPED_TEST(Workers, refuse_others_while_all_are_busy_when_told_so) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 2;
  if constexpr (requires { serving.server().max_queued; }) serving.server().max_queued = 0;
  serving.server().when_full = WhenFull::kRefuse;
  serving.server().full_message = "full";
  serving.start();
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  for (int i = 0; i < 3; ++i) {
    Socket refused = serving.connect();
    EXPECT_EQ(read_all(refused), "full");
  }
  first.close();
  EXPECT_TRUE(eventually([&] {
    Socket third = serving.connect();
    third.shutdown(SHUT_WR);
    return read_all(third).empty();
  }));
}

// Of prethreading workers none waited for the end then.
TYPED_TEST(Workers, are_cut_off_although_all_are_busy) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 2;
  serving.server().drain_timeout = 20ms;
  serving.start();
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  serving.stop();
  EXPECT_EQ(read_all(first), "");
  EXPECT_EQ(read_all(second), "");
  EXPECT_EQ(serving.server().last_drain().cut, 2u);
}

TYPED_TEST(Workers, are_at_least_one) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 0;
  serving.start();
  idle_client(serving.address());
}

TEST(ThreadPool, may_queue_any_number) {
  Serving<ThreadPoolMixIn<TCPServer>> serving(Address("127.0.0.1", 0), echo());
  serving.server().max_queued = std::numeric_limits<std::size_t>::max();
  serving.start();
  idle_client(serving.address());
}

TYPED_TEST(Workers, stay_the_same_threads) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 2;
  serving.start();
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  const std::size_t threads = running_threads();
  for (Socket* client : {&first, &second}) client->close();
  for (int i = 0; i < 100; ++i) idle_client(serving.address());
  EXPECT_EQ(running_threads(), threads);
}

TYPED_TEST(Workers, may_shut_their_server_down) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0),
                             [](Request& request, const Address&, BaseServer& server) {
                               server.shutdown();
                               request.sendall("last words");
                             });
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "last words");
}

TYPED_TEST(Workers, may_close_their_server) {
  Serving<TypeParam> serving(Address("127.0.0.1", 0),
                             [](Request& request, const Address&, BaseServer& server) {
                               server.server_close();
                               request.sendall("last words");
                             });
  serving.start();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "last words");
}

// ---- the pool's queue ----

TEST(ThreadPool, accepts_no_more_than_its_queue_holds) {
  Serving<ThreadPoolMixIn<TCPServer>> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 1;
  serving.server().max_queued = 1;
  serving.start();
  Socket served = idle_client(serving.address()), queued = serving.connect(), waiting = serving.connect();
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().accepted == 2; }));
  waiting.sendall("w");
  EXPECT_FALSE(wait_readable(waiting.fileno(), Deadline::after(20ms)));
  EXPECT_EQ(serving.server().statistics().accepted, 2u);
  served.close();
  queued.close();
  EXPECT_EQ(waiting.recv(1), "w");
}

TEST(ThreadPool, serves_what_is_queued_before_it_closes) {
  Serving<ThreadPoolMixIn<TCPServer>> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 1;
  serving.server().drain_timeout = kWatchdog;
  serving.start();
  Socket served = idle_client(serving.address()), queued = serving.connect();
  queued.sendall("q");
  queued.shutdown(SHUT_WR);
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().accepted == 2; }));
  std::thread closes([&] { serving.stop(); });
  served.close();
  EXPECT_EQ(read_all(queued), "q");
  closes.join();
}

// ---- taking turns ----

TEST(Prethreading, calls_the_hooks_of_the_loop_one_at_a_time) {
  struct Watched : PrethreadingMixIn<TCPServer> {
    using PrethreadingMixIn::PrethreadingMixIn;
    ~Watched() override { server_close(); }
    bool verify_request(Request&, const Address&) override {
      EXPECT_EQ(++inside, 1);
      std::this_thread::yield();
      --inside;
      return true;
    }
    std::atomic<int> inside{0};
  };
  Serving<Watched> serving(Address("127.0.0.1", 0), echo());
  serving.start();
  std::vector<std::thread> crowd;
  for (int i = 0; i < 4; ++i)
    crowd.emplace_back([&] {
      for (int n = 0; n < 50; ++n) idle_client(serving.address());
    });
  for (std::thread& one : crowd) one.join();
}

TEST(Prethreading, lets_service_actions_throw_out_of_the_loop) {
  struct Thrower : PrethreadingMixIn<TCPServer> {
    using PrethreadingMixIn::PrethreadingMixIn;
    ~Thrower() override { server_close(); }
    void service_actions() override { throw std::runtime_error("ill"); }
  } server({"127.0.0.1", 0}, echo());
  EXPECT_THROW(server.serve_forever(1ms), std::runtime_error);
}

TEST(Prethreading, says_when_there_can_be_no_thread) {
  PrethreadingMixIn<TCPServer> server({"127.0.0.1", 0}, echo());
  server.bind_and_activate();
  EXPECT_EXIT(in_user_without_processes([&] {
                return message_of<OSError>([&] { server.serve_forever(); }) ==
                       "pthread_create: Resource temporarily unavailable";
              }),
              ::testing::ExitedWithCode(0), "");
}

TEST(ThreadPool, loses_one_connection_where_there_can_be_no_thread_and_goes_on) {
  ThreadPoolMixIn<TCPServer> server({"127.0.0.1", 0}, echo());
  server.log_level = LogLevel::kError;
  server.bind_and_activate();
  EXPECT_EXIT(in_user_without_processes([&] {
                Socket client = create_connection(server.server_address(), kWatchdog);
                server.handle_request();
                return client.recv(1).empty() && server.statistics().paused == 1;
              }),
              ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace socketserver::testing
