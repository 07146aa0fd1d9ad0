// Prints what is broadcast to a port.
#include <poll.h>

#include <array>
#include <iostream>
#include <stdexcept>

#include "common/interruption.hpp"
#include "common/main.hpp"
#include "common/options.hpp"
#include "common/server_options.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/broadcast.hpp"
#include "socketserver/service/message.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "broadcast_receiver";
constexpr std::size_t kMostDatagram = 65'535;

struct Settings {
  std::string host = "0.0.0.0";
  long long port = 8020;  // as broadcast_sender's
  long long count = 0;
  Timeout timeout;
};

Socket listen(const Settings& settings) {
  const std::string where = settings.host + ":" + std::to_string(settings.port);
  try {
    return broadcast_receiver({settings.host, static_cast<int>(settings.port)});
  } catch (const std::exception& error) {
    apps::cannot_listen(where, error);
  }
}

enum class Event { kDatagram, kInterrupted, kTimeout };

Event wait_for(const Socket& socket, const apps::Interruption& interruption, const Timeout& timeout) {
  std::array<pollfd, 2> fds{{{interruption.fileno(), POLLIN, 0}, {socket.fileno(), POLLIN, 0}}};
  if (wait_any(fds, Deadline::after(timeout)) == 0) return Event::kTimeout;
  return fds[0].revents != 0 ? Event::kInterrupted : Event::kDatagram;
}

/// Nothing where what made the socket readable turned out to be damaged.
bool print_next(Socket& socket) {
  try {
    const auto [bytes, from] = socket.recvfrom(kMostDatagram, MSG_DONTWAIT);
    std::cout << shown_message(from, bytes) << std::endl;
    return true;
  } catch (const BlockingIOError&) {
    return false;
  }
}

int receive(Socket& socket, const Settings& settings) {
  const apps::Interruption interruption;
  std::cout << kProgram << " listening on " << socket.getsockname().to_string() << std::endl;
  for (long long received = 0; std::cout && (settings.count == 0 || received < settings.count);) {
    const Event event = wait_for(socket, interruption, settings.timeout);
    if (event == Event::kInterrupted) return 0;
    if (event == Event::kTimeout && settings.count > 0)
      throw std::runtime_error("only " + std::to_string(received) + " of " + std::to_string(settings.count) +
                               " datagrams came in time");
    if (event == Event::kTimeout) return 0;
    if (print_next(socket)) ++received;
  }
  return 0;
}

int run(int argc, char** argv) {
  apps::Options options(kProgram, "[OPTION]...",
                        "Prints each datagram that is broadcast to the port, with its sender. Any number of "
                        "receivers of a machine may share a port.");
  Settings settings;
  options.value("host", "HOST", settings.host,
                "address to listen on; a broadcast address hears what is sent there and nothing else");
  options.integer("port", "PORT", settings.port, 0, 65535, "port to listen on; 0: any free one");
  options.integer("count", "N", settings.count, 0, 1'000'000'000,
                  "end after so many; 0: when interrupted or by --timeout");
  options.seconds("timeout", settings.timeout,
                  "end when nothing came for so long; with --count that is an error");
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  Socket socket = listen(settings);
  return receive(socket, settings);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
