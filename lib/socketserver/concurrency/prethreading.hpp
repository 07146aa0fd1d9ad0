// Threads that each accept and serve.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstring>

#include "socketserver/concurrency/leader_threads.hpp"
#include "socketserver/concurrency/thread_set.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// `workers` threads that are made once, each of which takes its turn at accepting a request and then serves
/// it: no queue, and none of them waits for another with the request in hand. UNIX Network Programming calls
/// it prethreaded, with a lock around accept.
///
/// The hooks that the loop calls (get_request, verify_request, service_actions ...) run in any of the
/// threads, one at a time, and not while all of them serve; the thread of serve_forever() waits for them. It
/// returns when requests in progress have ended, or drain_timeout has passed and their connections were shut
/// down. handle_request() serves in its own thread. A client that is idle keeps a worker: set `deadlines`, or
/// take FiberMixIn.
template <std::derived_from<BaseServer> Base>
class PrethreadingMixIn : public Base {
 public:
  // ---- settings ----
  /// As many threads, at least one; as ThreadPoolMixIn has.
  std::size_t workers = 32;
  /// Of each thread, in bytes; 0 for the system's default, often 8 MiB.
  std::size_t thread_stack_size = ThreadSet::kStackSize;

  using Base::Base;
  ~PrethreadingMixIn() override { PrethreadingMixIn::server_close(); }

  void run_loop(std::chrono::nanoseconds poll_interval) override {
    LeaderThreads::Task task;
    task.lead = [this, poll_interval] {
      const LoopControl::Member member(this->loop());
      Base::run_loop(poll_interval);
    };
    task.stop = [this] { this->request_shutdown(); };
    task.stop_fd = this->loop().fileno();
    task.stopping = [this] {
      this->loop().notice();
      this->begin_drain();
    };
    task.short_of_threads = [this](std::size_t missing, int errnum) {
      this->log_message(LogLevel::kWarning,
                        "serving with " + std::to_string(missing) + " of " + std::to_string(most_at_once()) +
                            " threads less until there is room: " + std::strerror(errnum));
    };
    // One more for those who come while all workers are busy.
    task.threads = most_at_once() + (this->when_full == WhenFull::kRefuse ? 1 : 0);
    task.stack_size = thread_stack_size;
    task.drain_timeout = this->drain_timeout;
    this->report_cut(threads_.run(task));
  }

  void process_request(Request& request, const Address& client_address) override {
    if (threads_.contains_caller())
      threads_.serve(*this, request);
    else
      Base::process_request(request, client_address);
  }

  /// From a handler it only asks the loop to stop; whoever owns the server closes it.
  void server_close() override {
    if (threads_.contains_caller()) return this->request_shutdown();
    Base::server_close();
  }

 protected:
  /// Without WhenFull::kRefuse nobody asks while all are busy.
  std::size_t capacity() const noexcept override { return std::min(most_at_once(), Base::capacity()); }

 private:
  std::size_t most_at_once() const noexcept { return std::max<std::size_t>(workers, 1); }

  LeaderThreads threads_;
};

}  // namespace socketserver
