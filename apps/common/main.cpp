#include "common/main.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <stdexcept>

#include "common/options.hpp"
#include "socketserver/concurrency/sanitizers.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/json/error.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver::apps {
namespace {

// A peer that is gone and a file over the shell's limit are errors of write(2), like a full disk. By handlers
// that do nothing instead of SIG_IGN, which programs that we start would inherit.
void outlive_failed_writes() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaction(signal, &action, nullptr);
}

// Whoever started us may have left signals ignored or blocked: then children could not be waited for, and
// what shall end us would never come.
void restore_signals() {
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) ::sigaddset(&wanted, signal);
  ::sigprocmask(SIG_UNBLOCK, &wanted, nullptr);
}

// A socket in the place of a standard stream would be sent what is printed, or read as what is typed. One
// that was closed stays unusable: what fails then says so.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

std::string peer_guess;

int report(const std::string& program, const std::string& what, int status) {
  const std::string line = program + ": " + what + "\n";
  std::cout.flush();
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  return status;
}

int run(const std::function<int()>& body) {
  int status = 0;
  try {
    status = body();
  } catch (const HelpGiven&) {
  }
  if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
  return status;
}

}  // namespace

int run_main(const std::string& program, const std::function<int()>& body) {
  try {
    sanitizers::expect_signals();
    restore_signals();
    occupy_standard_streams();
    outlive_failed_writes();
    return run(body);
  } catch (const UsageError& error) {
    return report(program, error.what(), 2);
  } catch (const std::exception& error) {
    return report(program, with_guess(error), 1);
  }
}

std::string with_guess(const std::exception& error) {
  const bool of_peer = dynamic_cast<const ConnectionError*>(&error) != nullptr ||
                       dynamic_cast<const EOFError*>(&error) != nullptr ||
                       dynamic_cast<const FramingError*>(&error) != nullptr ||
                       dynamic_cast<const JsonError*>(&error) != nullptr;
  return error.what() + (of_peer ? peer_guess : "");
}

void guess_at_peer_errors(std::string guess) { peer_guess = std::move(guess); }

}  // namespace socketserver::apps
