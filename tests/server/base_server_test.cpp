// The path of a request through the hooks, over a transport that is made up.
#include "socketserver/server/base_server.hpp"

#include <gtest/gtest.h>

#include "server/made_up_server.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;
using Log = std::vector<std::pair<LogLevel, std::string>>;

RequestHandlerClass handling(std::function<void(Request&)> handle) {
  return [handle](Request& request, const Address&, BaseServer&) { handle(request); };
}

RequestHandlerClass greeting() {
  return handling([](Request& request) { request.sendall("hello"); });
}

template <class Exception>
RequestHandlerClass throwing(Exception exception) {
  return handling([exception](Request&) { throw exception; });
}

TEST(BaseServer, takes_a_request_through_every_hook_in_order) {
  MadeUpServer server(greeting());
  server.bind_and_activate();
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(server.path(), "bind activate verify process finish shutdown close ");
  EXPECT_EQ(read_all(client), "hello");
  EXPECT_EQ(server.statistics().accepted, 1u);
  EXPECT_EQ(server.statistics().active, 0u);
}

TEST(BaseServer, binds_once_and_at_the_latest_when_it_serves) {
  MadeUpServer server(greeting());
  server.shutdown();
  server.serve_forever();
  server.bind_and_activate();
  EXPECT_EQ(server.path(), "bind activate ");
}

TEST(BaseServer, refuses_and_ends_the_request_once) {
  MadeUpServer server(greeting());
  server.verify = [](Request&) { return false; };
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(server.path(), "bind activate verify shutdown close ");
  EXPECT_EQ(read_all(client), "");
  EXPECT_EQ(server.statistics().refused, 1u);
  EXPECT_EQ(server.statistics().failed, 0u);
}

TEST(BaseServer, loses_one_connection_to_an_exception_in_verify_request) {
  MadeUpServer server(greeting());
  server.verify = [first = true](Request&) mutable {
    if (std::exchange(first, false)) throw std::runtime_error("no opinion");
    return true;
  };
  Socket unlucky = server.connect(), lucky = server.connect();
  server.handle_request();
  server.handle_request();
  EXPECT_EQ(read_all(unlucky), "");
  EXPECT_EQ(read_all(lucky), "hello");
  EXPECT_EQ(server.log(), (Log{{LogLevel::kError, "request from unix:client-1: no opinion"}}));
}

// A hook that looks at what a client has said so far once made the server take itself for short of threads.
TEST(BaseServer, does_not_pause_when_verify_request_would_have_to_wait) {
  MadeUpServer server(greeting());
  server.verify = [](Request& request) { return !request.recv(1, MSG_PEEK | MSG_DONTWAIT).empty(); };
  Socket silent = server.connect();
  server.handle_request();
  EXPECT_EQ(read_all(silent), "");
  EXPECT_EQ(server.statistics().paused, 0u);
}

// As a mix-in does where there can be no thread or process.
TEST(BaseServer, tells_its_observer_that_a_request_failed_for_which_there_was_no_room) {
  struct Short : MadeUpServer {
    using MadeUpServer::MadeUpServer;
    ~Short() override { server_close(); }
    void process_request(Request&, const Address&) override { throw_os_error(EAGAIN, "fork"); }
  };
  struct Last final : Observer {
    void on_change(const ConnectionEvent& event) noexcept override { outcome = event.outcome; }
    Outcome outcome{};
  } last;
  Short server(greeting());
  server.observer = &last;
  Socket client = server.connect();
  server.on_service_actions = [&] { server.request_shutdown(); };
  server.serve_forever();
  EXPECT_EQ(last.outcome, Outcome::kFailed);
  EXPECT_EQ(server.statistics().paused, 1u);
}

TEST(BaseServer, survives_an_exception_of_no_type_in_verify_request) {
  MadeUpServer server(greeting());
  server.verify = [](Request&) -> bool { throw 42; };
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(read_all(client), "");
  EXPECT_EQ(server.statistics().failed, 1u);
}

TEST(BaseServer, tells_handle_error_of_a_handler_that_throws_and_goes_on) {
  MadeUpServer server(throwing(std::runtime_error("handler is ill")));
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(server.path(), "bind activate verify process finish error shutdown close ");
  EXPECT_EQ(read_all(client), "");
  EXPECT_EQ(server.log(), (Log{{LogLevel::kError, "request from unix:client-1: handler is ill"}}));
  EXPECT_EQ(server.statistics().failed, 1u);
}

TEST(BaseServer, counts_peers_that_went_away_and_deadlines_apart) {
  const auto serve_one = [](RequestHandlerClass handler) {
    MadeUpServer server(std::move(handler));
    Socket client = server.connect();
    server.handle_request();
    return std::pair(server.statistics(), server.log().at(0).first);
  };
  for (const auto& [statistics, level] : {serve_one(throwing(BrokenPipeError(EPIPE, "send"))),
                                          serve_one(throwing(ConnectionResetError(ECONNRESET, "recv")))}) {
    EXPECT_EQ(statistics.disconnected, 1u);
    EXPECT_EQ(statistics.failed, 0u);
    EXPECT_EQ(level, LogLevel::kDebug);
  }
  const auto [late, late_level] = serve_one(throwing(TimeoutError(ETIMEDOUT, "recv")));
  EXPECT_EQ(late.timed_out, 1u);
  EXPECT_EQ(late_level, LogLevel::kDebug);
  const auto [stranger, stranger_level] = serve_one(throwing(AuthenticationError("a wrong answer")));
  EXPECT_EQ(stranger.unauthenticated, 1u);
  EXPECT_EQ(stranger.failed, 0u);
  EXPECT_EQ(stranger_level, LogLevel::kWarning);
  const auto [flood, flood_level] = serve_one(throwing(TooManyFailures("again")));
  EXPECT_EQ(flood.unauthenticated, 1u);
  EXPECT_EQ(flood_level, LogLevel::kDebug);
  const auto [odd, odd_level] = serve_one(throwing(42));
  EXPECT_EQ(odd.failed, 1u);
  EXPECT_EQ(odd_level, LogLevel::kError);
}

TEST(BaseServer, lets_what_handle_error_throws_out_of_the_loop_after_ending_the_request_once) {
  MadeUpServer server(throwing(std::runtime_error("ill")));
  server.on_error = [] { throw std::logic_error("so is handle_error"); };
  Socket client = server.connect();
  EXPECT_THROW(server.serve_forever(), std::logic_error);
  EXPECT_EQ(server.path(), "bind activate verify process finish error shutdown close ");
  EXPECT_EQ(read_all(client), "");
  server.on_error = [] {};
  Socket next = server.connect();
  server.handle_request();  // and it can go on
  EXPECT_EQ(read_all(next), "");
}

TEST(BaseServer, lets_ServerExit_pass_by_handle_error) {
  MadeUpServer server(throwing(ServerExit()));
  Socket client = server.connect();
  EXPECT_THROW(server.serve_forever(), ServerExit);
  EXPECT_EQ(server.path(), "bind activate verify process finish shutdown close ");
  EXPECT_EQ(read_all(client), "");
}

TEST(BaseServer, survives_exceptions_in_shutdown_request) {
  MadeUpServer server(greeting());
  server.on_shutdown_request = [] { throw std::runtime_error("not like this"); };
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(read_all(client), "hello");  // closed nevertheless
  EXPECT_EQ(server.log(),
            (Log{{LogLevel::kError, "shutdown_request of unix:client-1 threw: not like this"}}));
}

// It ended the process once.
TEST(BaseServer, survives_exceptions_of_no_type_in_shutdown_request) {
  MadeUpServer server(greeting());
  server.on_shutdown_request = [] { throw 42; };
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(read_all(client), "hello");
}

TEST(BaseServer, closes_itself_when_binding_fails) {
  struct Unbindable : MadeUpServer {
    using MadeUpServer::MadeUpServer;
    void server_activate() override { throw_os_error(EADDRINUSE, "listen"); }
    void server_close() override { ++closed; }
    int closed = 0;
  } server(greeting());
  EXPECT_THROW(server.serve_forever(), OSError);
  EXPECT_EQ(server.closed, 1);
  EXPECT_THROW(server.bind_and_activate(), OSError);
}

TEST(BaseServer, pauses_when_it_cannot_accept_and_says_so_once) {
  Serving<MadeUpServer> serving(greeting());
  serving.server().fail_to_accept(4, EMFILE);
  serving.start();
  Socket client = serving.server().connect();
  EXPECT_EQ(read_all(client), "hello");
  EXPECT_EQ(serving.server().statistics().paused, 4u);
  EXPECT_EQ(serving.server().log(), (Log{{LogLevel::kWarning,
                                          "accepting pauses until there is room: get_request: "
                                          "Too many open files"}}));
  serving.server().fail_to_accept(1, EMFILE);
  Socket next = serving.server().connect();
  EXPECT_EQ(read_all(next), "hello");
  EXPECT_EQ(serving.server().log().size(), 1u);  // the same shortage still
}

TEST(BaseServer, handles_one_request_at_a_time_when_asked_so) {
  MadeUpServer server(greeting());
  Socket first = server.connect(), second = server.connect();
  server.handle_request();
  EXPECT_EQ(read_all(first), "hello");
  EXPECT_FALSE(wait_readable(second.fileno(), Deadline::now()));
  server.handle_request();
  EXPECT_EQ(read_all(second), "hello");
}

TEST(BaseServer, calls_handle_timeout_when_nobody_comes) {
  MadeUpServer server(greeting());
  int timeouts = 0;
  server.on_timeout = [&] { ++timeouts; };
  server.timeout = 20ms;
  const auto begin = Clock::now();
  server.handle_request();
  EXPECT_GE(Clock::now() - begin, 20ms);
  EXPECT_EQ(timeouts, 1);
  server.timeout = 0ms;  // only looks
  server.handle_request();
  EXPECT_EQ(timeouts, 2);
  Socket client = server.connect();
  server.handle_request();
  EXPECT_EQ(timeouts, 2);
  EXPECT_EQ(read_all(client), "hello");
}

TEST(BaseServer, calls_service_actions_at_least_every_poll_interval) {
  MadeUpServer server(greeting());
  int actions = 0;
  server.on_service_actions = [&] {
    if (++actions == 5) server.shutdown();
  };
  const auto begin = Clock::now();
  server.serve_forever(10ms);
  EXPECT_EQ(actions, 5);
  EXPECT_GE(Clock::now() - begin, 50ms);
}

TEST(BaseServer, serves_in_one_thread_only) {
  Serving<MadeUpServer> serving(greeting());
  serving.start();
  Socket client = serving.server().connect();
  EXPECT_EQ(read_all(client), "hello");
  EXPECT_THROW(serving.server().serve_forever(), std::logic_error);
  EXPECT_THROW(serving.server().handle_request(), std::logic_error);
  Socket next = serving.server().connect();
  EXPECT_EQ(read_all(next), "hello");
}

TEST(BaseServer, completes_a_request_where_nobody_could_catch) {
  MadeUpServer server(throwing(std::runtime_error("ill")));
  const auto complete = [&] {
    Pair pair = unix_pair();
    Request request(std::move(pair.theirs), Address("client"));
    return server.complete_request_alone(request);
  };
  EXPECT_TRUE(complete());
  server.on_error = [] { throw std::logic_error("worse"); };
  EXPECT_FALSE(complete());
  EXPECT_EQ(server.log().back(),
            (std::pair{LogLevel::kError, std::string("handle_error of unix:client threw: worse")}));
  server.on_error = [] { throw 42; };
  EXPECT_FALSE(complete());
  server.on_error = [] { throw ServerExit(); };
  EXPECT_TRUE(complete());
}

/// Has no memory for what should be said.
struct SpeechlessServer : MadeUpServer {
  using MadeUpServer::MadeUpServer;
  void log_message(LogLevel, const std::string&) override { throw std::bad_alloc(); }
};

TEST(BaseServer, goes_on_where_even_what_should_be_said_fails) {
  SpeechlessServer server(throwing(std::runtime_error("ill")));
  server.on_error = [] { throw std::bad_alloc(); };
  Pair pair = unix_pair();
  Request request(std::move(pair.theirs), Address("client"));
  EXPECT_FALSE(server.complete_request_alone(request));
  EXPECT_EQ(read_all(pair.ours), "");
}

/// Keeps requests, as a server that hands them to others does.
struct KeepingServer : MadeUpServer {
  using MadeUpServer::MadeUpServer;
  ~KeepingServer() override { KeepingServer::server_close(); }
  void server_close() override {
    MadeUpServer::server_close();
    kept.clear();
  }
  void process_request(Request& request, const Address&) override {
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(request));
  }
  void end_one() {
    const std::lock_guard lock(mutex);
    kept.pop_front();
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return kept.size();
  }
  std::mutex mutex;  // guards kept
  std::deque<Request> kept;
};

TEST(BaseServer, keeps_to_max_connections_and_goes_on_as_soon_as_one_ends) {
  KeepingServer server(greeting());
  server.max_connections = 2;
  std::vector<Socket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(server.connect());
  std::thread loop([&] { server.serve_forever(24h); });  // only the end of a request wakes it in time
  for (std::size_t accepted = 2; accepted <= 5; ++accepted) {
    EXPECT_TRUE(eventually([&] { return server.statistics().accepted == accepted && server.count() == 2; }));
    EXPECT_EQ(server.statistics().active, 2u);
    server.end_one();
  }
  server.shutdown();
  loop.join();
}

TEST(BaseServer, stops_while_it_is_full) {
  KeepingServer server(greeting());
  server.max_connections = 1;
  Socket first = server.connect(), second = server.connect();
  std::thread loop([&] { server.serve_forever(24h); });
  EXPECT_TRUE(eventually([&] { return server.count() == 1; }));
  server.shutdown();
  loop.join();
}

// ---- the log ----

/// The log of BaseServer itself.
struct PlainServer : MadeUpServer {
  using MadeUpServer::MadeUpServer;
  void log_message(LogLevel level, const std::string& message) override {
    BaseServer::log_message(level, message);
  }
};

TEST(BaseServer, prints_nothing_of_peers_that_went_away_unless_asked) {
  for (const LogLevel level : {LogLevel::kWarning, LogLevel::kDebug}) {
    PlainServer server(throwing(BrokenPipeError(EPIPE, "send")));
    if (level != LogLevel::kWarning) server.log_level = level;
    Socket client = server.connect();
    ::testing::internal::CaptureStderr();
    server.handle_request();
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              level == LogLevel::kDebug ? "request from unix:client-1: send: Broken pipe\n" : "");
  }
}

TEST(BaseServer, prints_errors_of_handlers_as_one_line) {
  PlainServer server(throwing(std::runtime_error("ill")));
  Socket client = server.connect();
  ::testing::internal::CaptureStderr();
  server.handle_request();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "request from unix:client-1: ill\n");
}

}  // namespace
}  // namespace socketserver::testing
