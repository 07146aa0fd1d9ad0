// A process for each request.
#pragma once

#include <algorithm>
#include <concepts>

#include "socketserver/concurrency/fork_set.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// Completes every request in a child process, so that a handler may crash, leak or change global state.
/// Python: socketserver.ForkingMixIn.
///
/// The child is a copy of the process with one thread, the loop's: a lock that another thread held at that
/// moment stays locked in it for ever, so handlers must not need one (malloc and stdio are safe in glibc). In
/// the child the listening socket is closed; statistics() and members it changes are the child's own.
/// server_close(), and so the destructor, waits for children up to drain_timeout, then shuts their
/// connections down, then kills.
template <std::derived_from<BaseServer> Base>
class ForkingMixIn : public Base {
 public:
  // ---- settings ----
  /// At most so many children; further clients wait in the listen backlog, and the loop goes on.
  std::size_t max_children = 40;
  /// False: server_close() shuts the connections of children in progress down at once.
  bool block_on_close = true;

  using Base::Base;
  /// `timeout` is 300 s as in Python: handle_request() then looks for ended children.
  ForkingMixIn(const Address& address, RequestHandlerClass handler) : Base(address, std::move(handler)) {
    this->timeout = std::chrono::seconds(300);
  }
  ~ForkingMixIn() override { ForkingMixIn::server_close(); }

  /// The process ids of children that are not reaped. From the loop's thread, or while no loop runs.
  std::set<pid_t> active_children() const { return children_.pids(); }
  /// Reaps children that have ended; `blocking`: waits for all. Called every turn of the loop.
  void collect_children(bool blocking = false) {
    if (blocking)
      children_.wait(Deadline::never());
    else
      children_.collect();
  }

  void process_request(Request& request, const Address&) override { children_.start(*this, request); }
  void handle_timeout() override { collect_children(); }
  void service_actions() override { collect_children(); }

  void server_close() override {
    this->stop_accepting();
    this->report_cut(
        children_.drain(block_on_close ? Deadline::after(this->drain_timeout) : Deadline::now()));
    Base::server_close();
  }

 protected:
  std::size_t capacity() const noexcept override { return std::min(max_children, Base::capacity()); }
  Deadline watch(std::vector<pollfd>& fds) override {
    return std::min(Base::watch(fds), children_.watch(fds));
  }

 private:
  ForkSet children_;
};

using ForkingTCPServer = ForkingMixIn<TCPServer>;
using ForkingUDPServer = ForkingMixIn<UDPServer>;
using ForkingUnixStreamServer = ForkingMixIn<UnixStreamServer>;
using ForkingUnixDatagramServer = ForkingMixIn<UnixDatagramServer>;

}  // namespace socketserver
