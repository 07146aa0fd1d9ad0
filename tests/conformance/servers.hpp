// Every server class, and how a client talks to each: what the conformance suite runs over.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <type_traits>

#include "socketserver/socketserver.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {

template <class Server>
constexpr bool kOfDatagrams = std::derived_from<Server, UDPServer>;
template <class Server>
constexpr bool kOfUnix =
    std::derived_from<Server, UnixStreamServer> || std::derived_from<Server, UnixDatagramServer>;

/// Handlers run in another process than the server, and what they count is lost with it.
template <class Server>
inline constexpr bool kInProcesses = false;
template <class Base>
inline constexpr bool kInProcesses<ForkingMixIn<Base>> = true;
/// What handlers keep is not in the server's own memory.
template <class Server>
inline constexpr bool kInOtherMemory = kInProcesses<Server>;
template <class Base>
inline constexpr bool kInOtherMemory<PreforkingMixIn<Base>> = true;
template <class Server>
inline constexpr bool kPreforked = false;
template <class Base>
inline constexpr bool kPreforked<PreforkingMixIn<Base>> = true;
template <class Server>
inline constexpr bool kOnFibers = false;
template <class Base>
inline constexpr bool kOnFibers<FiberMixIn<Base>> = true;
/// handle_request() runs its handler beside the loop.
template <class Server>
inline constexpr bool kOneBesideTheLoop = kInProcesses<Server>;
template <class Base>
inline constexpr bool kOneBesideTheLoop<ThreadingMixIn<Base>> = true;
template <class Base>
inline constexpr bool kOneBesideTheLoop<ThreadPoolMixIn<Base>> = true;
template <class Base>
inline constexpr bool kOneBesideTheLoop<PreforkingMixIn<Base>> = kOneBesideTheLoop<Base>;

/// As many requests at once, and no more.
template <class Server>
void limit(Server& server, std::size_t requests) {
  server.max_connections = requests;
}
/// Its limits are those of each worker.
template <class Base>
void limit(PreforkingMixIn<Base>& server, std::size_t requests) {
  server.max_connections = requests;
  server.workers = server.kOneByOne ? requests : 1;
}

template <class, class>
struct JoinedTypes;
template <template <class...> class List, class... A, class... B>
struct JoinedTypes<List<A...>, List<B...>> {
  using type = List<A..., B...>;
};
template <class A, class B>
using Joined = typename JoinedTypes<A, B>::type;

/// A concurrency model over one of the four kinds of server adds its line here, and has all the promises
/// tested.
using IterativeStreams = ::testing::Types<TCPServer, UnixStreamServer>;
using IterativeDatagrams = ::testing::Types<UDPServer, UnixDatagramServer>;
using OneServerStreams = ::testing::Types<ThreadingTCPServer, ThreadingUnixStreamServer,  //
                                          ForkingTCPServer, ForkingUnixStreamServer,      //
                                          ThreadPoolMixIn<TCPServer>, ThreadPoolMixIn<UnixStreamServer>,
                                          PrethreadingMixIn<TCPServer>, PrethreadingMixIn<UnixStreamServer>,
                                          FiberMixIn<TCPServer>, FiberMixIn<UnixStreamServer>>;
using OneServerDatagrams =
    ::testing::Types<ThreadingUDPServer, ThreadingUnixDatagramServer,  //
                     ForkingUDPServer, ForkingUnixDatagramServer,      //
                     ThreadPoolMixIn<UDPServer>, ThreadPoolMixIn<UnixDatagramServer>,
                     PrethreadingMixIn<UDPServer>, PrethreadingMixIn<UnixDatagramServer>,
                     FiberMixIn<UDPServer>, FiberMixIn<UnixDatagramServer>>;
/// The limits of a server are those of each of its workers.
using PreforkedStreams =
    ::testing::Types<PreforkingMixIn<TCPServer>, PreforkingMixIn<UnixStreamServer>,
                     PreforkingMixIn<ThreadingTCPServer>, PreforkingMixIn<FiberMixIn<TCPServer>>>;
using PreforkedDatagrams = ::testing::Types<PreforkingMixIn<UDPServer>, PreforkingMixIn<UnixDatagramServer>>;
using ConcurrentStreams = Joined<OneServerStreams, PreforkedStreams>;
using ConcurrentDatagrams = Joined<OneServerDatagrams, PreforkedDatagrams>;
using StreamServers = Joined<IterativeStreams, ConcurrentStreams>;
using ConcurrentServers = Joined<ConcurrentStreams, ConcurrentDatagrams>;
using AllServers = Joined<StreamServers, Joined<IterativeDatagrams, ConcurrentDatagrams>>;

/// Sends a line back, over a connection or as a datagram.
struct EchoLine : StreamRequestHandler {
  void handle() override { wfile().write(rfile().readline().value_or("")); }
};
struct EchoPacket : DatagramRequestHandler {
  void handle() override { wfile().write(rfile().read()); }
};
template <class Server>
using EchoHandlerOf = std::conditional_t<kOfDatagrams<Server>, EchoPacket, EchoLine>;

/// A handler over either: receive() and answer() are the request's, whatever its kind.
struct AnyHandler : BaseRequestHandler {
  std::string receive() { return request().is_datagram() ? request().packet() : request().recv(1024); }
  void answer(const std::string& text) {
    if (request().is_datagram())
      request().socket().sendto(text, client_address());
    else
      request().sendall(text);
  }
};

/// A byte that crosses processes: written by handlers and hooks wherever they run, counted by the test.
class Marks {
 public:
  Marks() : pipe_(make()) {}
  void add(char mark) const { [[maybe_unused]] const auto written = ::write(pipe_[1], &mark, 1); }
  /// Waits for the next one; 0 when the watchdog bit.
  char next() const {
    char mark = 0;
    if (wait_readable(pipe_[0], Deadline::after(kWatchdog))) [[maybe_unused]]
      const auto got = ::read(pipe_[0], &mark, 1);
    return mark;
  }
  bool none() const { return !wait_readable(pipe_[0], Deadline::now()); }
  ~Marks() {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) < 0) throw_os_error(errno, "pipe");
    return ends;
  }
  std::array<int, 2> pipe_;
};

/// Waits until the test has said so.
struct Waits : AnyHandler {
  explicit Waits(const Marks* begun, const Marks* go_on) : begun_(begun), go_on_(go_on) {}
  void handle() override {
    const std::string said = receive();
    begun_->add('b');
    go_on_->next();
    answer(said);
  }

 private:
  const Marks *begun_, *go_on_;
};

template <class Server>
class ServerFixture : public ::testing::Test {
 protected:
  /// Any free port, or a path of its own.
  Address any_address() {
    if constexpr (kOfUnix<Server>)
      return Address(directory_ / ("server" + std::to_string(++names_)));
    else
      return Address("127.0.0.1", 0);
  }
  /// A client that can be answered, with calls that throw instead of hanging.
  Socket connect(const Address& server) {
    if (!kOfDatagrams<Server>) return create_connection(server, kWatchdog);
    Socket client = Socket::udp();
    client.settimeout(kWatchdog);
    if (kOfUnix<Server>) client.bind(Address(directory_ / ("client" + std::to_string(++names_))));
    client.connect(server);
    return client;
  }
  /// Sends a line and returns the answer.
  std::string ask(const Address& server, const std::string& line) {
    Socket client = connect(server);
    client.sendall(line);
    return kOfDatagrams<Server> ? client.recv(65536) : read_all(client);
  }

 private:
  TemporaryDirectory directory_;
  int names_ = 0;
};

}  // namespace socketserver::testing
