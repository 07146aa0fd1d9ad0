// A thread for each request.
#pragma once

#include <concepts>

#include "socketserver/concurrency/thread_set.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// Completes every request in a thread of its own. Python: socketserver.ThreadingMixIn.
///
/// Threads never outlive the server: server_close(), and so the destructor, waits for them up to
/// drain_timeout, then shuts their connections down and joins them. A handler that neither waits on its
/// connection nor ends keeps it waiting. A class that derives from this calls server_close() in its own
/// destructor, or has it called before: this destructor runs when the derived class is gone.
template <std::derived_from<BaseServer> Base>
class ThreadingMixIn : public Base {
 public:
  // ---- settings ----
  /// Do not wait at server_close(): shut the connections of handlers in progress down at once.
  bool daemon_threads = false;
  /// False does the same as daemon_threads.
  bool block_on_close = true;
  /// Of each thread, in bytes; 0 for the system's default, often 8 MiB.
  std::size_t thread_stack_size = ThreadSet::kStackSize;
  /// How long a thread whose request has ended waits for another one before it ends, too.
  Timeout thread_idle_timeout = ThreadSet::kIdle;

  using Base::Base;
  ~ThreadingMixIn() override { ThreadingMixIn::server_close(); }

  void process_request(Request& request, const Address&) override {
    threads_.start(*this, request, {ThreadSet::kAnyNumber, thread_idle_timeout, thread_stack_size});
  }

  void prepare_to_fork() override {
    threads_.drain(Deadline::after(this->drain_timeout));
    Base::prepare_to_fork();
  }

  /// From a handler it only stops accepting; whoever owns the server closes it.
  void server_close() override {
    this->stop_accepting();
    if (threads_.contains_caller()) return;
    const bool wait = block_on_close && !daemon_threads;
    this->report_cut(threads_.drain(wait ? Deadline::after(this->drain_timeout) : Deadline::now()));
    Base::server_close();
  }

 private:
  ThreadSet threads_;
};

using ThreadingTCPServer = ThreadingMixIn<TCPServer>;
using ThreadingUDPServer = ThreadingMixIn<UDPServer>;
using ThreadingUnixStreamServer = ThreadingMixIn<UnixStreamServer>;
using ThreadingUnixDatagramServer = ThreadingMixIn<UnixDatagramServer>;

}  // namespace socketserver
