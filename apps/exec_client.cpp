// Has a server run shell commands.
#include "socketserver/service/exec_client.hpp"

#include <iostream>
#include <stdexcept>

#include "common/connect.hpp"
#include "common/main.hpp"
#include "common/prompt.hpp"
#include "socketserver/net/error.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "exec_client";

// As a shell counts a command that a signal ended.
constexpr int kSignalled = 128;

// Prints an answer and returns the command's exit status.
int print(const ExecAnswer& answer) {
  std::cout << answer.data << std::flush;
  std::cerr << answer.errors << std::flush;
  if (answer.timed_out) std::cerr << kProgram << ": the command took too long and was killed\n";
  if (answer.truncated) std::cerr << kProgram << ": the command printed too much and was killed\n";
  if (answer.signal) return kSignalled + static_cast<int>(*answer.signal);
  return static_cast<int>(answer.status.value_or(0));
}

// From here on the connection ends by a reset: unlike its usual end, which a half-close looks like, that
// tells the server that nobody waits for the answer, so that it ends the command.
void end_by_reset(Socket& socket, bool wanted) {
  const linger value{wanted ? 1 : 0, 0};
  if (socket.family() == AF_UNIX) return;
  socket.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&value), sizeof value});
}

/// Runs commands and prints their answers. Until one has come, the server may be another one than we think.
class Asker {
 public:
  Asker(const apps::ClientOptions& where, const std::string& framing)
      : keyless_(!where.auth.wanted()),
        framing_(framing),
        socket_(where.connect()),
        client_(socket_, exec_framing(framing)) {}

  int ask(const std::string& command) try {
    end_by_reset(socket_, true);
    const ExecAnswer answer = client_.run(command);
    end_by_reset(socket_, false);
    const int status = print(answer);
    apps::guess_at_peer_errors("");
    answered_ = true;
    return status;
  } catch (const TimeoutError& error) {
    if (answered_) throw;
    throw std::runtime_error(error.what() + ("; has the server --framing " + framing_ + ", too?"));
  } catch (const EOFError& error) {
    if (!keyless_ || socket_.received() > 0) throw;
    throw std::runtime_error(error.what());  // a server that wants a key has said something
  }

 private:
  const bool keyless_;
  const std::string framing_;
  Socket socket_;
  ExecClient client_;
  bool answered_ = false;
};

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [--] [COMMAND]...",
      "Has the server run the words as one shell command, or else each line of standard input, and "
      "prints what the command printed. Ends with the exit status of the last command where the "
      "server tells it (framing json).");
  apps::ClientOptions where;
  where.port = 8022;
  where.timeout = std::chrono::minutes(2);  // our server gives a command one
  std::string framing = "json";
  options.choice("framing", framing, {"raw", "ready", "length", "json"}, "the server's");
  where.add_to(options);
  const std::vector<std::string> words = options.parse(argc, argv);
  Asker asker(where, framing);
  if (!words.empty()) return asker.ask(apps::joined(words));
  int status = 0;
  for (apps::Prompt prompt("$ "); const auto line = prompt.next();)
    if (!line->empty()) status = asker.ask(*line);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
