#include "comparison/server_process.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

#include "socketserver/net/deadline.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace socketserver::apps {
namespace {

// To start takes milliseconds, and to end the drain time; a busy machine may take its time.
constexpr std::chrono::seconds kStart{30}, kEnd{10};
constexpr std::chrono::milliseconds kLook{2};  // how often we look whether it has ended

[[noreturn]] void be_server(const std::function<int()>& serve, int output) {
  ::setpgid(0, 0);
  die_with_parent();
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  for (const int standard : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(output, standard);
  int status = 1;
  try {
    status = serve();
  } catch (const std::exception& error) {
    std::cout << error.what() << std::endl;
  }
  std::cout.flush();
  ::_exit(status);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void die_with_parent() {
#if defined(__linux__)
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

ServerProcess::ServerProcess(const std::function<int()>& serve) {
  platform::PipeEnds ends = platform::pipe();
  std::cout.flush();  // or the child would print it, too
  pid_ = ::fork();
  if (pid_ < 0) throw_os_error(errno, "fork");
  if (pid_ == 0) be_server(serve, ends.write.get());
  ::setpgid(pid_, pid_);  // whoever comes first
  ends.write.reset();
  try {
    learn_address(ends.read.get());
  } catch (...) {
    stop();
    throw;
  }
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) stop();
}

void ServerProcess::learn_address(int output) {
  std::string line;
  for (const Deadline deadline = Deadline::after(kStart); !line.ends_with('\n');) {
    char c = 0;
    if (!wait_readable(output, deadline)) throw std::runtime_error("a server does not say where it listens");
    const ssize_t got = ::read(output, &c, 1);
    if (got == 0) break;
    if (got > 0) line += c;
  }
  constexpr std::string_view kMark = " listening on ";
  const std::size_t mark = line.find(kMark), colon = line.rfind(':');
  if (mark == line.npos || colon == line.npos) throw std::runtime_error("a server does not start: " + line);
  const std::size_t host = mark + kMark.size();
  address_ = Address(line.substr(host, colon - host), std::stoi(line.substr(colon + 1)));
}

double ServerProcess::stop() {
  const pid_t pid = std::exchange(pid_, -1);
  ::kill(pid, SIGTERM);
  rusage usage{};
  const Deadline deadline = Deadline::after(kEnd);
  int status = 0;
  while (::wait4(pid, &status, WNOHANG, &usage) == 0 && !deadline.expired())
    wait_any({}, Deadline::after(kLook));
  ::kill(-pid, SIGKILL);  // whatever of its group is left
  while (deadline.expired() && ::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace socketserver::apps
