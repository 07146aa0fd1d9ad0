// Sends datagrams to everybody on a network.
#include <poll.h>

#include <stdexcept>

#include "common/interruption.hpp"
#include "common/main.hpp"
#include "common/options.hpp"
#include "common/prompt.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/broadcast.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "broadcast_sender";

struct Settings {
  std::string to = kBroadcastHere, from;
  long long port = 8020, count = 1;  // the port is broadcast_receiver's
  Timeout interval = std::chrono::seconds(1);
};

std::string reason_of(const OSError& error) {
  const int errnum = error.errnum();
  if (errnum == ENETUNREACH || errnum == EHOSTUNREACH)
    return error.code().message() + " (name a network's broadcast address, or 255.255.255.255 with --from)";
  return error.code().message();
}

class Sender {
 public:
  explicit Sender(const Settings& settings)
      : to_(address(settings.to, settings.port)),
        socket_(broadcast_sender(settings.from.empty() ? Address() : address(settings.from, 0))) {}

  void send(const std::string& message) {
    try {
      broadcast(socket_, message, to_);
    } catch (const OSError& error) {
      throw std::runtime_error("cannot send to " + to_.to_string() + ": " + reason_of(error));
    }
  }

 private:
  static Address address(const std::string& host, long long port) {
    try {
      return {host, static_cast<int>(port)};
    } catch (const OSError& error) {
      throw std::runtime_error("cannot find " + host + ": " + error.code().message());
    }
  }

  Address to_;
  Socket socket_;
};

/// False when it was interrupted meanwhile.
bool wait_interval(const apps::Interruption& interruption, const Timeout& interval) {
  pollfd one{interruption.fileno(), POLLIN, 0};
  return wait_any({&one, 1}, Deadline::after(interval.value_or(std::chrono::nanoseconds(0)))) == 0;
}

void send_repeatedly(Sender& sender, const std::string& message, const Settings& settings) {
  const apps::Interruption interruption;
  for (long long sent = 0; settings.count == 0 || sent < settings.count; ++sent) {
    if (sent > 0 && !wait_interval(interruption, settings.interval)) return;
    sender.send(message);
  }
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [WORD]...",
      "Sends the words as one datagram, or else each line of standard input, to everybody on "
      "a network who listens on the port.");
  Settings settings;
  options.value("to", "ADDRESS", settings.to,
                "whom to: 127.255.255.255 is everybody on this machine, 192.168.1.255 everybody in "
                "192.168.1.0/24, 255.255.255.255 everybody on one interface's network");
  options.integer("port", "PORT", settings.port, 1, 65535, "their port");
  options.path("from", "ADDRESS", settings.from,
               "our own address to send from, which says through which interface 255.255.255.255 leaves");
  options.integer("count", "N", settings.count, 0, 1'000'000'000,
                  "how often to send the words; 0: until interrupted");
  options.seconds("interval", settings.interval, "the time between two of them",
                  apps::Options::Zero::kNoTime);
  const std::vector<std::string> words = options.parse(argc, argv);
  if (words.empty() && (options.given("count") || options.given("interval")))
    throw apps::UsageError("--count and --interval are for words, not for lines (see --help)");
  Sender sender(settings);
  if (!words.empty()) {
    send_repeatedly(sender, apps::joined(words), settings);
    return 0;
  }
  for (apps::Prompt prompt("> "); const auto line = prompt.next();) sender.send(*line);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
