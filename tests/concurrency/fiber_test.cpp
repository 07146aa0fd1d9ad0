// The servers whose requests are fibers, where they differ from others.
#include "socketserver/concurrency/fiber.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <vector>

#include "concurrency/few_processes.hpp"
#include "concurrency/figures.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using Server = FiberMixIn<TCPServer>;

/// Answers each byte with one, and notes in which thread.
class Noting {
 public:
  RequestHandlerClass handler() {
    return [this](Request& request, const Address&, BaseServer&) {
      {
        const std::lock_guard lock(mutex_);
        ++threads_[std::this_thread::get_id()];
      }
      for (std::string data; !(data = request.recv(1)).empty();) request.sendall(data);
    };
  }
  /// How many requests each thread got, the fewest first.
  std::vector<int> counts() const {
    const std::lock_guard lock(mutex_);
    std::vector<int> all;
    for (const auto& [thread, count] : threads_) all.push_back(count);
    std::ranges::sort(all);
    return all;
  }

 private:
  mutable std::mutex mutex_;  // guards threads_
  std::map<std::thread::id, int> threads_;
};

bool answers(Socket& client) {
  client.sendall("x");
  return client.recv(1) == "x";
}

class WithoutMemory : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Loops, WithoutMemory, ::testing::Values(1, 2));

TEST_P(WithoutMemory, for_stacks_it_turns_clients_away_and_stops_in_time) {
  Noting noting;
  Serving<Server> serving(Address("127.0.0.1", 0), noting.handler());
  serving.server().workers = GetParam();
  serving.server().fiber_stack_size = std::size_t{1} << 46;
  serving.server().log_level = LogLevel(static_cast<int>(LogLevel::kError) + 1);
  serving.server().drain_timeout = 0ms;
  serving.start();
  std::vector<Socket> clients;
  for (std::size_t i = 0; i < 2; ++i) clients.push_back(serving.connect());
  for (Socket& client : clients) EXPECT_EQ(client.recv(1), "");
  serving.stop();
  EXPECT_TRUE(noting.counts().empty());
  EXPECT_EQ(serving.server().statistics().active, 0U);
  EXPECT_GE(serving.server().statistics().failed, 2U);
}

TEST(FiberServer, holds_many_idle_clients_in_one_thread) {
  constexpr int kClients = 400;  // within the usual limit of descriptors
  Noting noting;
  Serving<Server> serving(Address("127.0.0.1", 0), noting.handler());
  serving.start();
  const std::size_t threads = running_threads();
  std::vector<Socket> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(serving.connect());
  for (int round = 0; round < 2; ++round)
    for (Socket& client : clients) EXPECT_TRUE(answers(client));
  EXPECT_EQ(running_threads(), threads);
  EXPECT_EQ(noting.counts(), std::vector{kClients});
}

TEST(FiberServer, spreads_connections_over_its_workers) {
  Noting noting;
  Serving<Server> serving(Address("127.0.0.1", 0), noting.handler());
  serving.server().workers = 3;
  serving.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(serving.connect());
    EXPECT_TRUE(answers(clients.back()));
  }
  EXPECT_EQ(noting.counts(), (std::vector{10, 10, 10}));
  for (Socket& client : clients) EXPECT_TRUE(answers(client));
}

/// With two workers one of two clients that stay is served beside the loop.
class FiberWorkersTest : public ::testing::TestWithParam<bool> {
 protected:
  static RequestHandlerClass ender(std::function<void(BaseServer&)> end) {
    return [end](Request& request, const Address&, BaseServer& server) {
      request.sendall("hi");
      if (request.recv(1) != "e") return;
      end(server);
      request.sendall("last words");
    };
  }
  void expect_last_words(std::function<void(BaseServer&)> end) {
    Serving<Server> serving(Address("127.0.0.1", 0), ender(std::move(end)));
    serving.server().workers = 2;
    serving.start();
    Socket first = serving.connect(), second = serving.connect();
    for (Socket* client : {&first, &second}) EXPECT_EQ(client->recv(2), "hi");
    Socket& ends = GetParam() ? first : second;
    (GetParam() ? second : first).close();
    ends.sendall("e");
    EXPECT_EQ(read_all(ends), "last words");
  }
};
INSTANTIATE_TEST_SUITE_P(Of, FiberWorkersTest, ::testing::Bool());

TEST_P(FiberWorkersTest, may_shut_their_server_down) {
  expect_last_words([](BaseServer& server) { server.shutdown(); });
}
TEST_P(FiberWorkersTest, may_close_their_server) {
  expect_last_words([](BaseServer& server) { server.server_close(); });
}

TEST(FiberServer, cuts_off_in_all_workers_what_does_not_end_in_time) {
  Serving<Server> serving(Address("127.0.0.1", 0), echo());
  serving.server().workers = 3;
  serving.server().drain_timeout = 10ms;
  serving.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(idle_client(serving.address()));
  ::testing::internal::CaptureStderr();
  serving.stop();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("6 cut off"), std::string::npos);
  for (Socket& client : clients) EXPECT_EQ(read_all(client), "");
}

TEST(FiberServer, serves_with_fewer_workers_where_there_is_no_room_for_more) {
  Server server({"127.0.0.1", 0}, echo());
  server.workers = 3;
  server.bind_and_activate();
  server.shutdown();  // ends the loop as soon as it has begun
  EXPECT_EXIT(in_user_without_processes([&] {
                server.serve_forever();
                return true;
              }),
              ::testing::ExitedWithCode(0), "serving with 1 of 3 event loops");
}

TEST(FiberServer, serves_datagrams_beside_one_whose_handler_waits) {
  std::atomic<bool> waiting{false}, go{false};
  Serving<FiberMixIn<UDPServer>> serving(Address("127.0.0.1", 0),
                                         [&](Request& request, const Address& client, BaseServer&) {
                                           waiting = request.packet() == "wait";
                                           while (request.packet() == "wait" && !go)
                                             wait_any({}, Deadline::after(1ms));
                                           request.socket().sendto(request.packet(), client);
                                         });
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.sendto("wait", serving.address());
  EXPECT_TRUE(eventually([&] { return waiting.load(); }));
  client.sendto("quick", serving.address());
  EXPECT_EQ(client.recv(100), "quick");
  go = true;
  EXPECT_EQ(client.recv(100), "wait");
}

}  // namespace
}  // namespace socketserver::testing
