// Threads that take turns at waiting for requests, alone.
#include "socketserver/concurrency/leader_threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>

#include "server/made_up_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// Threads that lead a queue of clients of a made-up server until told to stop.
class LeaderThreadsTest : public ::testing::Test {
 protected:
  LeaderThreadsTest() {
    task_.lead = [this] { lead(); };
    task_.stop = [this] { stop_.notify(); };
    task_.stop_fd = stop_.fileno();
    task_.threads = 3;
    task_.drain_timeout = kWatchdog;
  }
  ~LeaderThreadsTest() override { stop(); }

  void start() {
    runner_ = std::thread([this] { interrupted_ = threads_.run(task_); });
  }
  /// Returns how many were interrupted.
  std::size_t stop() {
    stop_.notify();
    if (runner_.joinable()) runner_.join();
    return interrupted_;
  }
  /// A client whose handler echoes until its end.
  Socket connect() {
    Socket client = server_.connect();
    client.sendall("x");
    EXPECT_EQ(client.recv(1), "x");
    return client;
  }

  MadeUpServer server_{[this](Request& request, const Address&, BaseServer&) {
    EXPECT_TRUE(threads_.contains_caller());
    for (std::string data; !(data = request.recv(100)).empty();) request.sendall(data);
  }};
  LeaderThreads threads_;
  LeaderThreads::Task task_;
  Wakeup stop_;
  std::atomic<int> leaders_{0};

 private:
  void lead() {
    for (;;) {
      EXPECT_EQ(++leaders_, 1);
      std::vector<pollfd> fds{{stop_.fileno(), POLLIN, 0}, {server_.fileno(), POLLIN, 0}};
      wait_any(fds, Deadline::never());
      --leaders_;
      if (fds[0].revents != 0) return;
      if (auto request = server_.get_request()) threads_.serve(server_, *request);
    }
  }
  std::thread runner_;
  std::size_t interrupted_ = 0;
};

TEST_F(LeaderThreadsTest, serve_as_many_at_once_as_there_are) {
  start();
  Socket first = connect(), second = connect(), third = connect();
  Socket fourth = server_.connect();
  fourth.sendall("y");
  EXPECT_FALSE(wait_readable(fourth.fileno(), Deadline::now()));
  second.close();
  EXPECT_EQ(fourth.recv(1), "y");
  for (Socket* client : {&first, &third, &fourth}) client->close();
  EXPECT_EQ(stop(), 0u);
}

TEST_F(LeaderThreadsTest, serve_many_clients_one_leading_at_a_time) {
  start();
  for (int i = 0; i < 300; ++i) connect();
  EXPECT_EQ(stop(), 0u);
  EXPECT_FALSE(threads_.contains_caller());
}

TEST_F(LeaderThreadsTest, finish_what_they_serve_before_the_deadline) {
  start();
  Socket client = connect();
  stop_.notify();
  client.sendall("last words");
  EXPECT_EQ(client.recv(100), "last words");
  client.close();
  EXPECT_EQ(stop(), 0u);
}

TEST_F(LeaderThreadsTest, interrupt_what_they_serve_at_the_deadline) {
  task_.drain_timeout = 20ms;
  start();
  Socket first = connect(), second = connect();
  EXPECT_EQ(stop(), 2u);
  EXPECT_EQ(first.recv(1), "");
  EXPECT_EQ(second.recv(1), "");
}

TEST_F(LeaderThreadsTest, interrupt_what_they_serve_although_nobody_leads) {
  task_.drain_timeout = 20ms;
  start();
  std::vector<Socket> clients;
  for (std::size_t i = 0; i < task_.threads; ++i) clients.push_back(connect());
  EXPECT_EQ(stop(), task_.threads);
  for (Socket& client : clients) EXPECT_EQ(client.recv(1), "");
}

TEST_F(LeaderThreadsTest, end_all_with_what_one_throws) {
  task_.lead = [] { throw std::runtime_error("ill"); };
  EXPECT_THROW(threads_.run(task_), std::runtime_error);
}

TEST_F(LeaderThreadsTest, may_run_again) {
  for (int i = 0; i < 3; ++i) {
    start();
    connect();
    EXPECT_EQ(stop(), 0u);
    stop_.drain();
  }
}

TEST_F(LeaderThreadsTest, throw_where_there_can_be_no_thread) {
  task_.stack_size = std::size_t{1} << 60;
  EXPECT_THROW(threads_.run(task_), OSError);
}

}  // namespace
}  // namespace socketserver::testing
