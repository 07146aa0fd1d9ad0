#include "socketserver/concurrency/drain_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "socketserver/concurrency/thread.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// A handler may become idle while the server stops. Too short for a person to notice, and long enough to cost
// nothing.
constexpr std::chrono::milliseconds kLookAgain{50};

}  // namespace

DrainGuard::DrainGuard(int stop_fd, std::chrono::nanoseconds drain_timeout, std::function<void()> on_stop)
    : on_stop_(std::move(on_stop)),
      thread_(start_thread([this, stop_fd, drain_timeout] { look_after(stop_fd, drain_timeout); })) {}

std::size_t DrainGuard::end() {
  over_.notify();
  if (thread_.joinable()) thread_.join();
  active_.end_watcher();
  return interrupted_;
}

void DrainGuard::look_after(int stop_fd, std::chrono::nanoseconds drain_timeout) {
  std::array<pollfd, 2> fds{{{over_.fileno(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
  wait_in_poll(fds, Deadline::never());
  if (fds[0].revents != 0) return;
  on_stop_();
  const Deadline deadline = Deadline::after(drain_timeout);
  do {
    active_.ask_to_end();
    if (wait_in_poll({fds.data(), 1}, std::min(deadline, Deadline::after(kLookAgain))) > 0) return;
  } while (!deadline.expired());
  cut_ = true;
  interrupted_ += active_.interrupt_all();
}

void DrainGuard::complete(BaseServer& server, Request& request) {
  const ActiveRequests::Entry entry(active_, request, server.deadlines);
  if (cut_) {
    request.interrupt();
    ++interrupted_;
  }
  const WaiterScope kernel(nullptr);
  server.complete_request_alone(request);
}

}  // namespace socketserver
