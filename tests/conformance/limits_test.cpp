// What every server class promises about its limits, and about connections that leave its path.
#include <mutex>
#include <thread>

#include "conformance/servers.hpp"
#include "socketserver/io/ascii.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

const LogLevel kNothing = static_cast<LogLevel>(4);

/// Decides about a connection once its client has said something, so that refusing it leaves that unread.
template <class Server>
struct Patient : Server {
  using Server::Server;
  ~Patient() override { this->server_close(); }
  std::optional<Request> get_request() override {
    std::optional<Request> request = Server::get_request();
    if (!request || request->is_datagram()) return request;
    pollfd connection{request->fileno(), POLLIN, 0};
    wait_in_poll({&connection, 1}, Deadline::after(kWatchdog));
    return request;
  }
};

/// A server whose handlers wait, and the clients that keep it full.
template <class Server>
class FullServer : public ServerFixture<Server> {
 protected:
  FullServer()
      : serving_(this->any_address(),
                 handler<Waits>(static_cast<const Marks*>(&begun_), static_cast<const Marks*>(&go_on_))) {}
  ~FullServer() override {
    for (int i = 0; i < 10; ++i) go_on_.add('g');
    serving_.stop();
  }
  Patient<Server>& server() { return serving_.server(); }
  Statistics statistics() { return server().statistics(); }
  Socket begin() {
    Socket client = this->connect(serving_.address());
    client.sendall("hello\n");
    return client;
  }
  Socket begin_served() {
    Socket client = begin();
    EXPECT_EQ(begun_.next(), 'b');
    return client;
  }
  void finish(std::initializer_list<Socket*> clients) {
    for (std::size_t i = 0; i < clients.size(); ++i) go_on_.add('g');
    for (Socket* client : clients) EXPECT_EQ(client->recv(100), "hello\n");
  }
  void expect_room() {
    EXPECT_TRUE(eventually([this] { return statistics().active == 0; }));
    Socket client = begin_served();
    finish({&client});
  }
  Marks begun_, go_on_;
  Serving<Patient<Server>> serving_;
};

template <class Server>
class WhenFullConformance : public FullServer<Server> {};
using OneServers = Joined<OneServerStreams, OneServerDatagrams>;
TYPED_TEST_SUITE(WhenFullConformance, OneServers);

TYPED_TEST(WhenFullConformance, RefusesAndServesAgain) {
  this->server().max_connections = 2;
  this->server().when_full = WhenFull::kRefuse;
  this->serving_.start();
  Socket first = this->begin_served(), second = this->begin_served();
  Socket refused = this->begin();
  if (!kOfDatagrams<TypeParam>) {
    try {
      EXPECT_EQ(refused.recv(100), "");
    } catch (const ConnectionError&) {  // it was closed with something unread
    }
  }
  EXPECT_TRUE(eventually([this] { return this->statistics().refused_full == 1; }));
  EXPECT_TRUE(this->begun_.none());
  this->finish({&first, &second});
  this->expect_room();
}

template <class Server>
class FullStreamConformance : public FullServer<Server> {};
TYPED_TEST_SUITE(FullStreamConformance, OneServerStreams);

TYPED_TEST(FullStreamConformance, TellsClientsThatItIsFullAlthoughTheyHaveSent) {
  this->server().max_connections = 1;
  this->server().when_full = WhenFull::kRefuse;
  this->server().full_message = "come back later\n";
  this->serving_.start();
  Socket served = this->begin_served();
  for (int i = 0; i < 3; ++i) {
    Socket refused = this->begin();
    EXPECT_EQ(read_all(refused), "come back later\n");
  }
  EXPECT_EQ(this->statistics().refused_full, 3U);
  this->finish({&served});
  this->expect_room();
}

TYPED_TEST(FullStreamConformance, KeepsToMaxPerSourceAndServesOthers) {
  this->server().max_per_source = 1;
  this->server().full_message = "one is enough\n";
  this->serving_.start();
  Socket first = this->begin_served();
  if (kOfUnix<TypeParam>) {  // which has no sources
    Socket second = this->begin_served();
    return;
  }
  Socket refused = this->begin();
  EXPECT_EQ(read_all(refused), "one is enough\n");
  EXPECT_EQ(this->statistics().refused_source, 1U);
  Socket other = Socket::tcp();
  other.settimeout(kWatchdog);
  other.bind({"127.0.0.2", 0});
  other.connect(this->serving_.address());
  other.sendall("hello\n");
  EXPECT_EQ(this->begun_.next(), 'b');
  this->finish({&first, &other});
  this->expect_room();
}

TYPED_TEST(FullStreamConformance, TellsHowManyFinishedWhileItStopped) {
  this->server().drain_timeout = kWatchdog;
  this->serving_.start();
  Socket first = this->begin_served(), second = this->begin_served();
  this->server().request_shutdown();
  EXPECT_TRUE(eventually([this] { return this->server().draining(); }));
  EXPECT_EQ(this->server().last_drain().finished, 0U);
  this->finish({&first, &second});
  this->serving_.stop();
  EXPECT_EQ(this->server().last_drain().finished, 2U);
  EXPECT_EQ(this->server().last_drain().cut, 0U);
}

struct ReadsToTheEnd : BaseRequestHandler {
  explicit ReadsToTheEnd(const Marks* marks) : marks_(marks) {}
  void handle() override {
    marks_->add('b');
    read_all(request().socket());
  }

 private:
  const Marks* marks_;
};

template <class Server>
class LeavingConformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(LeavingConformance, StreamServers);

/// Where handlers leave connections.
struct Kept {
  void add(std::unique_ptr<Socket> socket) {
    const std::lock_guard lock(mutex);
    sockets.push_back(std::move(socket));
  }
  std::mutex mutex;  // guards sockets
  std::vector<std::unique_ptr<Socket>> sockets;
};

struct Keeps : StreamRequestHandler {
  explicit Keeps(Kept* kept) : kept_(kept) {}
  void handle() override {
    rfile().readline();
    std::unique_ptr<Socket> mine = request().detach();
    mine->sendall("detached\n");
    kept_->add(std::move(mine));
  }

 private:
  Kept* kept_;
};

TYPED_TEST(LeavingConformance, ForgetsAConnectionThatItsHandlerKeeps) {
  Kept kept;
  Serving<TypeParam> serving(this->any_address(), handler<Keeps>(&kept));
  serving.server().max_connections = 1;
  serving.server().drain_timeout = 0ms;
  serving.server().deadlines.read = kWatchdog;
  serving.start();
  std::vector<Socket> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(this->connect(serving.address()));
    clients.back().sendall("hello\n");
    EXPECT_EQ(clients.back().recv(100), "detached\n");
  }
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
  serving.stop();
  EXPECT_EQ(serving.server().last_drain().cut, 0U);
  if (kInOtherMemory<TypeParam>) return;  // there it has ended with the handler's process
  ASSERT_EQ(kept.sockets.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    Socket& mine = *kept.sockets[i];
    EXPECT_EQ(mine.gettimeout(), std::nullopt);
    clients[i].sendall("still there?");
    EXPECT_EQ(mine.recv(100), "still there?");
    mine.sendall("yes");
    EXPECT_EQ(clients[i].recv(100), "yes");
  }
}

// ---- prepare_request ----

class UpperSocket : public Socket {
 public:
  explicit UpperSocket(Socket&& plain) : Socket(std::move(plain)) {}
  std::size_t send(std::string_view data, int flags) override { return Socket::send(upper(data), flags); }
};

/// Wants a password of one byte first, then speaks in upper case.
template <class Server>
struct Secretive : Server {
  using Server::Server;
  ~Secretive() override { this->server_close(); }
  void prepare_request(Request& request, const Address&) override {
    if (request.recv(1) != "p") throw ConnectionAbortedError(ECONNABORTED, "no password");
    request.wrap([](Socket&& plain) { return std::make_unique<UpperSocket>(std::move(plain)); });
  }
};

struct SaysDeadline : StreamRequestHandler {
  void handle() override {
    const std::string line = rfile().readline().value_or("");
    wfile().write(connection().request_end().is_never() ? line : "limited");
  }
};

TYPED_TEST(LeavingConformance, PreparesConnectionsInTheWorker) {
  Serving<Secretive<TypeParam>> serving(this->any_address(), handler<SaysDeadline>());
  serving.start();
  EXPECT_EQ(this->ask(serving.address(), "phello\n"), "HELLO\n");
  EXPECT_EQ(this->ask(serving.address(), "x"), "");
  EXPECT_EQ(this->ask(serving.address(), "phello\n"), "HELLO\n");
  EXPECT_TRUE(eventually([&] { return serving.server().statistics().active == 0; }));
  if (!kInProcesses<TypeParam>) {
    EXPECT_EQ(serving.server().statistics().disconnected, 1U);
  }
}

TYPED_TEST(LeavingConformance, EndsPreparationsThatTakeTooLong) {
  Serving<Secretive<TypeParam>> serving(this->any_address(), handler<SaysDeadline>());
  serving.server().prepare_timeout = 10ms;
  serving.start();
  Socket silent = this->connect(serving.address());
  EXPECT_EQ(read_all(silent), "");
}

TYPED_TEST(LeavingConformance, CutsOffAConnectionThatWasWrapped) {
  Marks marks;
  Serving<Secretive<TypeParam>> serving(this->any_address(),
                                        handler<ReadsToTheEnd>(static_cast<const Marks*>(&marks)));
  serving.server().drain_timeout = 20ms;
  serving.server().log_level = kNothing;
  serving.start();
  Socket idle = this->connect(serving.address());
  idle.sendall("p");
  EXPECT_EQ(marks.next(), 'b');
  serving.stop();
  EXPECT_EQ(read_all(idle), "");
}

template <class Server>
class PreparingConformance : public ServerFixture<Server> {};
TYPED_TEST_SUITE(PreparingConformance, ConcurrentStreams);

TYPED_TEST(PreparingConformance, NeverWaitsForOneClientToPrepareAnother) {
  Serving<Secretive<TypeParam>> serving(this->any_address(), handler<SaysDeadline>());
  serving.server().prepare_timeout = kWatchdog;
  serving.server().drain_timeout = 0ms;
  serving.server().log_level = kNothing;
  serving.start();
  Socket silent = this->connect(serving.address());
  EXPECT_EQ(this->ask(serving.address(), "phello\n"), "HELLO\n");
}

}  // namespace
}  // namespace socketserver::testing
