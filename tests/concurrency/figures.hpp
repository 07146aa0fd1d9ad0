// What tests with figures share: how to measure, and what the figures are multiplied by under a sanitizer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <type_traits>
#include <vector>

#include "net/sockets.hpp"
#include "socketserver/concurrency/fiber.hpp"
#include "socketserver/concurrency/forking.hpp"
#include "socketserver/concurrency/preforking.hpp"
#include "socketserver/concurrency/prethreading.hpp"
#include "socketserver/concurrency/thread_pool.hpp"
#include "socketserver/concurrency/threading.hpp"
#include "support/serving.hpp"

#if defined(__has_feature)
#define SOCKETSERVER_HAS_FEATURE(feature) __has_feature(feature)
#else
#define SOCKETSERVER_HAS_FEATURE(feature) 0
#endif

namespace socketserver::testing {

/// ThreadSanitizer makes code 5 to 15 times slower, AddressSanitizer 2 to 3 times, and either makes fork()
/// copy the tables of its shadow memory.
#if defined(__SANITIZE_THREAD__) || SOCKETSERVER_HAS_FEATURE(thread_sanitizer) || \
    defined(__SANITIZE_ADDRESS__) || SOCKETSERVER_HAS_FEATURE(address_sanitizer)
constexpr int kSlower = 10;
#else
constexpr int kSlower = 1;
#endif

/// Five tries, the shortest first.
template <class Measure>
std::vector<Clock::duration> tries_of(Measure measure) {
  std::vector<Clock::duration> tries;
  for (int i = 0; i < 5; ++i) tries.push_back(measure());
  std::ranges::sort(tries);
  return tries;
}

/// Their median: a machine that is busy for a moment spoils one or two.
template <class Measure>
Clock::duration median_of(Measure measure) {
  return tries_of(measure)[2];
}

inline double in_ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// A server on the address that suits its class: 127.0.0.1, or a path of its own.
template <class Server>
Address address_for(const TemporaryDirectory& directory) {
  constexpr bool is_unix =
      std::is_base_of_v<UnixStreamServer, Server> || std::is_base_of_v<UnixDatagramServer, Server>;
  return is_unix ? Address(directory / "s") : Address("127.0.0.1", 0);
}

/// Names for typed suites.
struct ServerNames {
  template <class Server>
  static std::string GetName(int) {
    const std::string name = ::testing::internal::GetTypeName<Server>();
    std::string words;
    for (const char* word : {"Preforking", "Fiber", "Threading", "Forking", "ThreadPool", "Prethreading",
                             "TCP", "UDP", "UnixStream", "UnixDatagram"})
      if (name.find(word) != name.npos) words += word;
    return words;
  }
};

template <class Server>
constexpr bool is_forking = requires(Server server) {
  server.max_children;
};

/// Sends back what it gets until the client has closed.
inline RequestHandlerClass echo() {
  return [](Request& request, const Address& client, BaseServer&) {
    if (request.is_datagram()) {
      request.socket().sendto(request.packet(), client, MSG_DONTWAIT);
      return;
    }
    for (std::string data; !(data = request.recv(1024)).empty();) request.sendall(data);
  };
}

/// A client whose handler runs and waits for more.
inline Socket idle_client(const Address& server) {
  Socket client = create_connection(server, kWatchdog);
  client.sendall("x");
  EXPECT_EQ(client.recv(1), "x");
  return client;
}

/// Of a server of echo(): a third client is served when one of two idle ones has gone.
inline void expect_two_at_once(const Address& server) {
  Socket first = idle_client(server), second = idle_client(server);
  Socket third = create_connection(server, kWatchdog);
  third.sendall("z");
  EXPECT_FALSE(wait_readable(third.fileno(), Deadline::after(std::chrono::milliseconds(20))));
  first.close();
  EXPECT_EQ(third.recv(1), "z");
}

}  // namespace socketserver::testing
