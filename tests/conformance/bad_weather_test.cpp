// What clients and handlers do to servers, and what must be left of it: nothing.
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "conformance/servers.hpp"
#include "socketserver/concurrency/sanitizers.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// More than the buffers of any connection take.
constexpr std::size_t kHuge = std::size_t{32} << 20;

/// Does what the first word of its client says.
struct Weather : StreamRequestHandler {
  void handle() override {
    const std::string said = rfile().readline().value_or("");
    if (said == "throw\n") throw std::runtime_error("thrown on purpose");
    if (said == "huge\n") return connection().sendall(std::string(kHuge, 'x'));
    if (said == "all\n") return connection().sendall(rfile().read());
    if (said == "stay\n") {
      wfile().write(std::to_string(::getpid()) + "\n");
      rfile().read();
      return;
    }
    wfile().write(said);
  }
};

/// Ends a connection without a word: by a reset, where there is such a thing. Closing would not do, since a
/// forked child has a copy of the client's socket, too.
void reset(const Socket& client) {
  const sockaddr nowhere{AF_UNSPEC, {}};
  if (client.family() == AF_UNIX)
    ::shutdown(client.fileno(), SHUT_RDWR);
  else
    ::connect(client.fileno(), &nowhere, sizeof nowhere);
}

/// Of a worker process once it has served a client, and so has all that it keeps.
struct Belongings {
  std::size_t descriptors, threads;
};

// Enough to serve others beside a slow client, and so few that each is met soon where that is chance.
constexpr std::size_t kWorkers = 4;

// What malloc uses of an arena, and what is reserved of it.
constexpr std::size_t kMappingsOfAnArena = 2;

// A sanitizer maps memory as it likes.
#if defined(SOCKETSERVER_ASAN) || defined(SOCKETSERVER_TSAN)
constexpr bool kMappingsCount = false;
#else
constexpr bool kMappingsCount = true;
#endif

/// A server that is found as it was: with no descriptor, thread or child more than before, nor have workers
/// that live through it.
template <class Server>
class BadWeather : public ServerFixture<Server> {
 protected:
  void SetUp() override {
    descriptors_ = open_descriptors();
    threads_ = running_threads();
    mappings_ = memory_mappings();
    serving_.emplace(this->any_address(), handler<Weather>());
    server().log_level = static_cast<LogLevel>(4);
    server().drain_timeout = 20ms;
    if constexpr (kPreforked<Server>) server().workers = kWorkers;
  }
  void TearDown() override {
    EXPECT_TRUE(eventually([this] { return server().statistics().active == 0; }));
    expect_service();
    if constexpr (kPreforked<Server>) expect_tidy_workers();
    serving_.reset();
    EXPECT_TRUE(eventually([this] { return open_descriptors() <= descriptors_; }));
    EXPECT_TRUE(eventually([this] { return running_threads() <= threads_; }));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    if (kMappingsCount && kOnFibers<Server>) {
      EXPECT_LE(memory_mappings(), mappings_ + kMappingsOfAnArena);
    }
  }
  Server& server() { return serving_->server(); }
  void start() {
    serving_->start();
    if constexpr (kPreforked<Server>) look_at_workers();
  }
  void stop() { serving_->stop(); }
  Socket say(const std::string& words) {
    Socket client = this->connect(serving_->address());
    client.sendall(words);
    return client;
  }
  void expect_service() { EXPECT_EQ(this->ask(serving_->address(), "hello\n"), "hello\n"); }

 private:
  /// One that serves a client at a time cannot be met again as long as that one stays; of others any may be.
  void look_at_workers() {
    workers_.clear();
    ASSERT_TRUE(eventually([this] { return server().active_workers().size() == kWorkers; }));
    std::vector<Socket> staying;
    ASSERT_TRUE(eventually([&] {
      Socket client = say("stay\n");
      std::string process;
      while (!process.ends_with('\n')) process += client.recv(1);
      if (workers_.try_emplace(std::stoi(process)).second) staying.push_back(std::move(client));
      return workers_.size() == kWorkers;
    }));
    for (Socket& client : staying) {
      client.shutdown(SHUT_WR);
      EXPECT_EQ(client.recv(1), "");
    }
    EXPECT_TRUE(eventually([this] { return server().statistics().active == 0; }));
    for (auto& [worker, has] : workers_) has = {open_descriptors(worker), running_threads(worker)};
  }
  void expect_tidy_workers() {
    for (const pid_t worker : server().active_workers()) {
      const auto known = workers_.find(worker);
      if (known == workers_.end()) continue;
      const Belongings had = known->second;
      EXPECT_TRUE(eventually([&] { return open_descriptors(worker) <= had.descriptors; }));
      EXPECT_TRUE(eventually([&] { return running_threads(worker) <= had.threads; }));
    }
  }

  std::optional<Serving<Server>> serving_;
  std::size_t descriptors_ = 0, threads_ = 0, mappings_ = 0;
  std::map<pid_t, Belongings> workers_;
};
TYPED_TEST_SUITE(BadWeather, StreamServers);

TYPED_TEST(BadWeather, OfHandlersThatThrow) {
  this->start();
  for (int i = 0; i < 50; ++i) {
    Socket client = this->say("throw\n");
    EXPECT_EQ(read_all(client), "");
  }
}

TYPED_TEST(BadWeather, OfFiveHundredResets) {
  this->start();
  for (int i = 0; i < 500; ++i) reset(this->say(i % 2 == 0 ? "hello\n" : ""));
}

TYPED_TEST(BadWeather, OfClientsThatCloseTheirHalf) {
  this->start();
  for (int i = 0; i < 10; ++i) {
    const std::string much(100'000, 'x');
    Socket client = this->say("all\n" + much);
    client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(client), much);
  }
}

TYPED_TEST(BadWeather, OfAClientThatNeverReads) {
  this->server().deadlines.write = 10ms;
  this->start();
  Socket greedy = this->say("huge\n");
  this->expect_service();
  EXPECT_TRUE(eventually([this] { return this->server().statistics().active == 0; }));
  if (!kInProcesses<TypeParam>) {
    EXPECT_EQ(this->server().statistics().timed_out, 1U);
  }
}

TYPED_TEST(BadWeather, OfAClientThatNeverReadsIsOverAtTheStop) {
  this->start();
  Socket greedy = this->say("huge\n");
  EXPECT_EQ(greedy.recv(1), "x");
  this->stop();
  EXPECT_EQ(this->server().last_drain().cut, 1U);
  this->start();
}

TYPED_TEST(BadWeather, OfAllKindsAtOnce) {
  this->server().deadlines.write = 10ms;
  this->start();
  std::vector<Socket> clients;
  for (int i = 0; i < 5; ++i)
    for (const char* words : {"throw\n", "huge\n", "all\nhalf", "", "hello\n"}) {
      clients.push_back(this->say(words));
      if (words[0] == 'a') clients.back().shutdown(SHUT_WR);
    }
  for (const Socket& client : clients) reset(client);
}

}  // namespace
}  // namespace socketserver::testing
