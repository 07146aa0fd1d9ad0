// Servers of several processes, where they differ from others.
#include "socketserver/concurrency/preforking.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <concepts>
#include <set>

#include "concurrency/figures.hpp"
#include "socketserver/concurrency/fiber.hpp"
#include "socketserver/concurrency/forking.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

using PreforkingTCPServer = PreforkingMixIn<TCPServer>;

const Address kAnyPort("127.0.0.1", 0);

/// Says which process it is, and then sends back what it gets.
RequestHandlerClass tell_process() {
  return [](Request& request, const Address&, BaseServer&) {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer has its own, which tells a story
    request.sendall(std::to_string(::getpid()) + "\n");
    for (std::string data; !(data = request.recv(1024)).empty();) request.sendall(data);
  };
}

pid_t process_of(Socket& client) {
  std::string said;
  while (!said.ends_with('\n')) said += client.recv(1);
  return std::stoi(said);
}

/// Serves with as many workers, all of which are there when it returns: those that are forked later inherit
/// the clients' ends, too, so that there a client has to say its end by shutdown(SHUT_WR).
template <class Server>
void start(Serving<Server>& serving, std::size_t workers) {
  serving.server().workers = workers;
  serving.start();
  EXPECT_TRUE(eventually([&] { return serving.server().active_workers().size() == workers; }));
}

template <class Server>
class Preforking : public ::testing::Test {};
using Bases = ::testing::Types<PreforkingTCPServer, PreforkingMixIn<ThreadingTCPServer>,
                               PreforkingMixIn<FiberMixIn<TCPServer>>>;
TYPED_TEST_SUITE(Preforking, Bases, ServerNames);

/// Tells a handler that its worker has been told to stop.
template <class Server>
struct Told : Server {
  using Server::Server;
  ~Told() override { this->server_close(); }
  bool told() {
    return std::same_as<Server, PreforkingTCPServer> ? this->loop().stopping() : this->draining();
  }
};

TYPED_TEST(Preforking, tells_how_many_finished_while_it_stopped) {
  using Server = Told<TypeParam>;
  Serving<Server> serving(kAnyPort, [](Request& request, const Address&, BaseServer& server) {
    request.sendall("x");
    EXPECT_TRUE(eventually([&] { return dynamic_cast<Server&>(server).told(); }));
  });
  serving.server().drain_timeout = kWatchdog;
  start(serving, 2);
  Socket clients[] = {serving.connect(), serving.connect()};
  for (Socket& client : clients) EXPECT_EQ(client.recv(1), "x");
  serving.stop();
  EXPECT_EQ(serving.server().last_drain().finished, 2U);
  EXPECT_EQ(serving.server().last_drain().cut, 0U);
}

TYPED_TEST(Preforking, serves_once_without_workers_before) {
  Serving<TypeParam> serving(kAnyPort, tell_process());
  serving.server().bind_and_activate();
  Socket first = serving.connect();
  first.shutdown(SHUT_WR);
  serving.server().handle_request();
  EXPECT_EQ(process_of(first), ::getpid());
  EXPECT_EQ(first.recv(1), "");
  start(serving, 1);
  Socket second = serving.connect();
  EXPECT_TRUE(serving.server().active_workers().contains(process_of(second)));
}

TYPED_TEST(Preforking, serves_in_its_workers_alone) {
  Serving<TypeParam> serving(kAnyPort, tell_process());
  start(serving, 2);
  std::set<pid_t> seen;
  for (int i = 0; i < 20; ++i) {
    Socket client = serving.connect();
    seen.insert(process_of(client));
  }
  EXPECT_TRUE(std::ranges::includes(serving.server().active_workers(), seen));
}

TYPED_TEST(Preforking, has_at_least_one_worker) {
  Serving<TypeParam> serving(kAnyPort, echo());
  serving.server().workers = 0;
  serving.start();
  EXPECT_TRUE(eventually([&] { return serving.server().active_workers().size() == 1; }));
  idle_client(serving.address());
}

TYPED_TEST(Preforking, loses_with_a_worker_that_crashes_its_own_clients_alone) {
  for (const int signal : {SIGKILL, SIGSEGV}) {
    Serving<TypeParam> serving(kAnyPort, tell_process());
    serving.server().max_connections = 1;  // so that the next client is another worker's
    serving.server().log_level = LogLevel::kError;
    start(serving, 2);
    Socket first = serving.connect();
    const pid_t process = process_of(first);
    Socket second = serving.connect();
    ASSERT_NE(process_of(second), process);
    ::kill(process, signal);
    EXPECT_EQ(first.recv(1), "");
    second.sendall("unharmed");
    second.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(second), "unharmed");
    EXPECT_TRUE(eventually([&] {
      const std::set<pid_t> workers = serving.server().active_workers();
      return workers.size() == 2 && !workers.contains(process);
    }));
    Socket next = serving.connect();
    EXPECT_TRUE(serving.server().active_workers().contains(process_of(next)));
  }
}

// Of clients that come and go all the time none is refused or cut off.
TYPED_TEST(Preforking, restarts_its_workers_without_losing_a_client) {
  Serving<TypeParam> serving(kAnyPort, tell_process());
  serving.server().drain_timeout = kWatchdog;
  start(serving, 2);
  std::atomic<bool> over{false};
  std::atomic<int> served{0};
  std::thread clients([&] {
    while (!over) {
      Socket client = serving.connect();
      process_of(client);
      client.sendall("x");
      client.shutdown(SHUT_WR);
      EXPECT_EQ(read_all(client), "x");
      ++served;
    }
  });
  EXPECT_TRUE(eventually([&] { return served > 0; }));
  for (int i = 0; i < 3; ++i) {
    const std::set<pid_t> before = serving.server().active_workers();
    serving.server().restart_workers();
    for (const pid_t pid : serving.server().active_workers()) EXPECT_FALSE(before.contains(pid));
    const int until_now = served;
    EXPECT_TRUE(eventually([&] { return served > until_now; }));
  }
  over = true;
  clients.join();
  EXPECT_EQ(serving.server().active_workers().size(), 2u);
}

TYPED_TEST(Preforking, lets_clients_in_progress_finish_in_a_restart) {
  Serving<TypeParam> serving(kAnyPort, tell_process());
  serving.server().drain_timeout = kWatchdog;
  start(serving, 1);
  Socket old = serving.connect();
  const pid_t process = process_of(old);
  serving.server().request_restart();
  EXPECT_TRUE(eventually([&] {
    Socket client = serving.connect();
    client.shutdown(SHUT_WR);
    return process_of(client) != process;
  }));
  old.sendall("last words");
  old.shutdown(SHUT_WR);
  EXPECT_EQ(read_all(old), "last words");
}

TYPED_TEST(Preforking, is_stopped_by_a_handler_as_a_whole) {
  Serving<TypeParam> serving(kAnyPort, [](Request& request, const Address&, BaseServer& server) {
    if (request.recv(1) == "s")
      server.shutdown();
    else
      server.server_close();
    request.sendall("last words");
  });
  for (const char* how : {"s", "c"}) {
    serving.server().bind_and_activate();
    std::thread loop([&] { serving.server().serve_forever(24h); });
    Socket client = serving.connect();
    client.sendall(how);
    EXPECT_EQ(read_all(client), "last words");
    loop.join();
    EXPECT_TRUE(serving.server().active_workers().empty());
  }
}

TYPED_TEST(Preforking, counts_what_all_its_workers_do) {
  Serving<TypeParam> serving(kAnyPort, tell_process());
  serving.server().log_level = LogLevel::kError;
  start(serving, 2);
  {
    Socket first = serving.connect(), second = serving.connect();
    process_of(first);
    const pid_t process = process_of(second);
    EXPECT_EQ(serving.server().statistics().active, 2u);
    ::kill(process, SIGKILL);
    EXPECT_TRUE(eventually([&] { return serving.server().statistics().active < 2; }));
    first.shutdown(SHUT_WR);
    second.shutdown(SHUT_WR);
  }
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
  serving.stop();
  EXPECT_EQ(serving.server().statistics().accepted, 2u);
}

/// Sends the numbers of connections to the test's process.
class ConnectionNumbers final : public Observer {
 public:
  void on_change(const ConnectionEvent& event) noexcept override {
    if (event.state != ConnectionState::kAccepted) return;
    [[maybe_unused]] const auto written =
        ::write(pipe_.write.get(), &event.connection, sizeof event.connection);
  }
  /// 0 when the watchdog bit.
  std::uint64_t next() const {
    std::uint64_t number = 0;
    if (wait_readable(pipe_.read.get(), Deadline::after(kWatchdog))) [[maybe_unused]]
      const auto got = ::read(pipe_.read.get(), &number, sizeof number);
    return number;
  }

 private:
  platform::PipeEnds pipe_ = platform::pipe();
};

// Each worker once counted from 1 on.
TYPED_TEST(Preforking, gives_every_connection_a_number_of_its_own) {
  ConnectionNumbers numbers;
  Serving<TypeParam> serving(kAnyPort, tell_process());
  serving.server().max_connections = 1;  // so that each client is another worker's
  serving.server().observer = &numbers;
  start(serving, 3);
  std::set<pid_t> processes;
  std::set<std::uint64_t> seen;
  std::vector<Socket> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(serving.connect());
    processes.insert(process_of(clients.back()));
    const std::uint64_t number = numbers.next();
    EXPECT_TRUE(seen.insert(number).second) << number;
    EXPECT_EQ(static_cast<std::uint64_t>(static_cast<double>(number)), number);
  }
  EXPECT_EQ(processes.size(), 3u);
  EXPECT_FALSE(seen.contains(0));
}

TYPED_TEST(Preforking, goes_on_when_handle_error_throws) {
  struct Rethrowing : TypeParam {
    using TypeParam::TypeParam;
    ~Rethrowing() override { this->server_close(); }
    void handle_error(Request&, const Address&) override { throw; }
  };
  Serving<Rethrowing> serving(kAnyPort, [](Request& request, const Address&, BaseServer&) {
    request.sendall(std::to_string(::getpid()) + "\n");
    throw std::runtime_error("ill");
  });
  serving.server().log_level = static_cast<LogLevel>(4);
  start(serving, 1);
  Socket first = serving.connect(), second = serving.connect();
  EXPECT_EQ(process_of(first), process_of(second));
  EXPECT_EQ(first.recv(1), "");
}

TYPED_TEST(Preforking, cuts_clients_at_the_drain_deadline) {
  Serving<TypeParam> serving(kAnyPort, echo());
  serving.server().drain_timeout = 20ms;
  ::testing::internal::CaptureStderr();  // before there are workers, which inherit it
  start(serving, 2);
  Socket client = idle_client(serving.address());
  serving.stop();
  EXPECT_EQ(client.recv(1), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "stopped: 0 request(s) in progress finished, 1 cut off\n");
}

TYPED_TEST(Preforking, kills_workers_whose_handlers_do_not_end) {
  Serving<TypeParam> serving(kAnyPort, [](Request& request, const Address&, BaseServer&) {
    request.sendall("deaf");
    for (;;) ::pause();
  });
  serving.server().drain_timeout = 0ms;
  start(serving, 2);
  Socket client = serving.connect();
  EXPECT_EQ(client.recv(100), "deaf");
  ::testing::internal::CaptureStderr();
  serving.stop();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("killed 1 worker(s) that did not end in time\n"),
            std::string::npos);
}

TYPED_TEST(Preforking, calls_service_actions_in_the_supervisor) {
  struct Server : TypeParam {
    using TypeParam::TypeParam;
    ~Server() override { this->server_close(); }
    void service_actions() override { caller = ::getpid(), ++turns; }
    std::atomic<int> turns{0};
    pid_t caller = 0;
  };
  Serving<Server> serving(kAnyPort, [](Request& request, const Address&, BaseServer& server) {
    request.sendall(std::to_string(dynamic_cast<Server&>(server).turns));
  });
  serving.server().workers = 1;
  serving.server().bind_and_activate();
  std::thread loop([&] { serving.server().serve_forever(1ms); });
  EXPECT_TRUE(eventually([&] { return serving.server().turns > 5; }));
  std::string seen;
  for (int i = 0; i < 3; ++i) {
    Socket client = serving.connect();
    seen.append(read_all(client)).append(" ");
  }
  serving.server().shutdown();
  loop.join();
  EXPECT_EQ(serving.server().caller, ::getpid());
  EXPECT_EQ(seen.substr(0, seen.size() / 3), seen.substr(seen.size() / 3 * 2)) << "none after the fork";
}

TYPED_TEST(Preforking, serves_one_request_without_forking) {
  TypeParam server(kAnyPort, [](Request& request, const Address&, BaseServer&) {
    request.sendall(std::to_string(::getpid()) + "\n");
  });
  server.bind_and_activate();
  std::thread loop([&] { server.handle_request(); });
  Socket client = create_connection(server.server_address(), kWatchdog);
  EXPECT_EQ(process_of(client), ::getpid());
  client.close();
  loop.join();
}

TYPED_TEST(Preforking, has_handlers_that_see_what_their_own_worker_changes) {
  std::atomic<int> served{0};
  Serving<TypeParam> serving(kAnyPort, [&](Request& request, const Address&, BaseServer&) {
    request.sendall(std::to_string(++served));
  });
  start(serving, 1);
  for (const char* number : {"1", "2"}) {
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), number);
  }
  EXPECT_EQ(served, 0);
  serving.server().restart_workers();
  Socket client = serving.connect();
  EXPECT_EQ(read_all(client), "1");
}

TYPED_TEST(Preforking, serves_whether_one_or_all_are_woken) {
  for (const bool one : {true, false}) {
    Serving<TypeParam> serving(kAnyPort, tell_process());
    serving.server().wake_one = one;
    start(serving, 3);
    for (int i = 0; i < 20; ++i) {
      Socket client = serving.connect();
      EXPECT_TRUE(serving.server().active_workers().contains(process_of(client)));
    }
  }
}

// ---- where Base serves one after the other ----

TEST(PreforkingOneByOne, serves_as_many_clients_at_once_as_there_are_workers) {
  Serving<PreforkingTCPServer> serving(kAnyPort, echo());
  start(serving, 2);
  expect_two_at_once(serving.address());
}

// A worker that read ahead would keep the second one waiting.
TEST(PreforkingOneByOne, leaves_datagrams_to_idle_workers) {
  Wakeup begun, go_on;
  Serving<PreforkingMixIn<UDPServer>> serving(kAnyPort, [&](Request& request, const Address&, BaseServer&) {
    if (request.packet() == "long") {
      begun.notify();
      wait_readable(go_on.fileno(), Deadline::after(kWatchdog));
    } else {
      go_on.notify();
    }
  });
  serving.server().workers = 2;
  serving.server().bind_and_activate();
  Socket client = Socket::udp();
  client.sendto("long", serving.address());
  client.sendto("short", serving.address());
  std::thread loop([&] { serving.server().serve_forever(); });
  EXPECT_TRUE(wait_readable(begun.fileno(), Deadline::after(kWatchdog)));
  EXPECT_TRUE(wait_readable(go_on.fileno(), Deadline::after(kWatchdog / 2)));
  serving.server().shutdown();
  loop.join();
}

TEST(PreforkingOneByOne, waits_in_shutdown_for_those_in_progress) {
  PreforkingTCPServer server(kAnyPort, tell_process());
  server.workers = 1;
  server.drain_timeout = kWatchdog;
  server.bind_and_activate();
  Wakeup ended;
  std::thread loop([&] {
    server.serve_forever();
    ended.notify();
  });
  Socket client = create_connection(server.server_address(), kWatchdog);
  process_of(client);
  server.request_shutdown();
  EXPECT_FALSE(wait_readable(ended.fileno(), Deadline::after(20ms)));
  client.sendall("last words");
  EXPECT_EQ(client.recv(100), "last words");
  client.shutdown(SHUT_WR);
  loop.join();
}

// ---- where Base serves many ----

TEST(PreforkingThreads, has_limits_of_each_worker) {
  Serving<PreforkingMixIn<ThreadingTCPServer>> serving(kAnyPort, echo());
  serving.server().max_connections = 1;
  start(serving, 2);
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  Socket third = serving.connect();
  third.sendall("z");
  EXPECT_FALSE(wait_readable(third.fileno(), Deadline::after(20ms)));
}

// The child of a request once counted its end in the worker's memory, where the worker counts it, too.
TEST(PreforkingProcesses, counts_each_request_once) {
  Serving<PreforkingMixIn<ForkingTCPServer>> serving(kAnyPort, echo());
  start(serving, 2);
  for (int i = 0; i < 5; ++i) {
    Socket client = idle_client(serving.address());
    client.shutdown(SHUT_WR);
    EXPECT_EQ(client.recv(1), "");
  }
  const auto statistics = [&] { return serving.server().statistics(); };
  EXPECT_TRUE(eventually([&] { return statistics().active == 0; })) << statistics().active;
  EXPECT_EQ(statistics().queued, 0u);
  EXPECT_EQ(statistics().accepted, 5u);
}

TEST(PreforkingThreads, starts_none_in_the_supervisor) {
  Serving<PreforkingMixIn<ThreadingTCPServer>> serving(kAnyPort, echo());
  start(serving, 2);
  const std::size_t threads = running_threads();
  Socket first = idle_client(serving.address()), second = idle_client(serving.address());
  EXPECT_EQ(running_threads(), threads);
}

}  // namespace
}  // namespace socketserver::testing
