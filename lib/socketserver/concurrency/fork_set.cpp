#include "socketserver/concurrency/fork_set.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// How often to look for ended children where the system cannot tell of them.
constexpr std::chrono::milliseconds kLookInterval{10};

// Another part of the program may have reaped it (ECHILD): then it has ended, too.
bool reaped(pid_t pid, int options, const Request& request) {
  pid_t got;
  int status = 0;
  do got = ::waitpid(pid, &status, options);
  while (got < 0 && errno == EINTR);
  if (got > 0 && WIFSIGNALED(status) && request.report() != nullptr)
    request.report()->take_back(Outcome::kCrashed);
  return got != 0;
}

/// What a child serves, for a handler that ends its process by exit(3): its end is told of, too.
struct Served {
  pid_t child;
  BaseServer* server;
  const Request* request;
  void tell_end() const noexcept {
    if (::getpid() == child) server->child_ends(*request);  // not in children of the handler's own
  }
} served;

}  // namespace

void ForkSet::start(BaseServer& server, Request& request) {
  // There must be no failure once there is a child.
  if (children_.size() == children_.capacity()) children_.reserve(2 * children_.size() + 1);
  if (!request.is_datagram()) request.share_idleness();
  std::fflush(stdout);  // what is buffered would be printed by the child as well
  const pid_t pid = ::fork();
  if (pid < 0) throw_os_error(errno, "fork");
  if (pid == 0) run_child(server, request);
  server.handed_over(request);
  children_.push_back({pid, std::move(request), platform::watch_child(pid)});
}

void ForkSet::run_child(BaseServer& server, Request& request) {
  current_waiter = nullptr;  // the parent's
  server.forked();
  for (Child& sibling : children_) sibling.request.set_owner(nullptr);
  children_.clear();
  request.set_shared();
  served = {::getpid(), &server, &request};
  std::atexit([] { served.tell_end(); });
  const bool fine = server.complete_request_alone(request);
  served.tell_end();
  std::fflush(stdout);
  ::_exit(fine ? 0 : 1);
}

std::set<pid_t> ForkSet::pids() const {
  std::set<pid_t> all;
  for (const Child& child : children_) all.insert(child.pid);
  return all;
}

void ForkSet::collect() {
  std::erase_if(children_, [](const Child& child) { return reaped(child.pid, WNOHANG, child.request); });
}

Deadline ForkSet::watch(std::vector<pollfd>& fds) const {
  bool all = true;
  for (const Child& child : children_) {
    all = all && child.ended;
    if (child.ended) fds.push_back({child.ended.get(), POLLIN, 0});
  }
  return all ? Deadline::never() : Deadline::after(kLookInterval);
}

bool ForkSet::wait(Deadline deadline) {
  for (collect(); !children_.empty(); collect()) {
    if (deadline.expired()) return false;
    std::vector<pollfd> fds;
    const Deadline look = watch(fds);
    wait_any(fds, std::min(look, deadline));
  }
  return true;
}

std::size_t ForkSet::drain(Deadline deadline) {
  for (Child& child : children_) child.request.ask_to_end();
  if (wait(deadline)) return 0;
  const std::size_t interrupted = children_.size();
  for (Child& child : children_) child.request.interrupt();
  if (wait(Deadline::after(kGrace))) return interrupted;
  for (const Child& child : children_) ::kill(child.pid, SIGKILL);
  std::erase_if(children_, [](const Child& child) { return reaped(child.pid, 0, child.request); });
  return interrupted;
}

}  // namespace socketserver
