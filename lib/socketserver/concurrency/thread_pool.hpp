// A fixed number of threads for all requests.
#pragma once

#include <algorithm>
#include <concepts>

#include "socketserver/concurrency/thread_set.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// The loop accepts, and `workers` threads take the requests from a queue, first come, first served: what
/// UNIX Network Programming calls prethreaded with the main thread calling accept.
///
/// A client that is idle keeps a worker, so as many idle clients as there are workers keep all others
/// waiting: set `deadlines`, or take FiberMixIn. Threads are made when they are needed for the first time,
/// and stay until server_close(), which serves what is queued, too, up to drain_timeout; then it shuts the
/// connections down and joins the threads. A class that derives from this calls server_close() in its own
/// destructor, or has it called before: this destructor runs when the derived class is gone.
template <std::derived_from<BaseServer> Base>
class ThreadPoolMixIn : public Base {
 public:
  // ---- settings ----
  /// As many threads, at least one. Python's ThreadPoolExecutor has at most so many.
  std::size_t workers = 32;
  /// Requests that were accepted and wait for a worker; further clients wait in the listen backlog, where
  /// they cost no descriptor. Enough for workers never to wait for the loop.
  std::size_t max_queued = 64;
  /// Of each thread, in bytes; 0 for the system's default, often 8 MiB.
  std::size_t thread_stack_size = ThreadSet::kStackSize;

  using Base::Base;
  ~ThreadPoolMixIn() override { ThreadPoolMixIn::server_close(); }

  void process_request(Request& request, const Address&) override {
    threads_.start(*this, request, {std::max<std::size_t>(workers, 1), {}, thread_stack_size});
  }

  void prepare_to_fork() override {
    threads_.drain(Deadline::after(this->drain_timeout));
    Base::prepare_to_fork();
  }

  /// From a handler it only stops accepting; whoever owns the server closes it.
  void server_close() override {
    this->stop_accepting();
    if (threads_.contains_caller()) return;
    this->report_cut(threads_.drain(Deadline::after(this->drain_timeout)));
    Base::server_close();
  }

 protected:
  std::size_t capacity() const noexcept override {
    const std::size_t at_once = std::max<std::size_t>(workers, 1), most = Base::capacity();
    return at_once < most && max_queued < most - at_once ? at_once + max_queued : most;
  }

 private:
  ThreadSet threads_;
};

}  // namespace socketserver
