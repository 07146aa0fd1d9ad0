#include "socketserver/concurrency/worker_process.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// Of one that another part of the program has reaped: no status that waitpid(2) gives.
constexpr int kUnknown = -1;

}  // namespace

static_assert(Counters::Counter::is_always_lock_free, "others could not be shared by processes");

WorkerProcess::WorkerProcess(const std::function<int(int, Counters&)>& work)
    : counters_(make_shared_object<Counters>()) {
  platform::SocketPair lifeline = platform::socket_pair();
  std::fflush(stdout);  // what is buffered would be printed by the child as well
  pid_ = ::fork();
  if (pid_ < 0) throw_os_error(errno, "fork");
  if (pid_ == 0) {
    current_waiter = nullptr;  // the parent's
    lifeline.one.reset();
    const int status = work(lifeline.other.get(), *counters_);
    std::fflush(stdout);
    ::_exit(status);
  }
  lifeline_ = std::move(lifeline.one);
  ended_ = platform::watch_child(pid_);
  began_ = Clock::now();
}

void WorkerProcess::ask() const noexcept { ::shutdown(lifeline_.get(), SHUT_RDWR); }

void WorkerProcess::kill() const noexcept { ::kill(pid_, SIGKILL); }

bool WorkerProcess::reap() noexcept {
  pid_t got;
  do got = ::waitpid(pid_, &status_, WNOHANG);
  while (got < 0 && errno == EINTR);
  if (got < 0) status_ = kUnknown;
  return got != 0;
}

std::string WorkerProcess::how_it_ended() const {
  if (status_ == kUnknown) return "has ended";
  if (WIFEXITED(status_)) return "ended with status " + std::to_string(WEXITSTATUS(status_));
  const int signal = WTERMSIG(status_);
  return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

}  // namespace socketserver
