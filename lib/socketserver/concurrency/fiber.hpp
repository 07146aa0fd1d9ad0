// A fiber for each request.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstring>
#include <string>

#include "socketserver/concurrency/fiber_set.hpp"
#include "socketserver/concurrency/fiber_workers.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// Completes every request in a fiber of its own: thousands of clients at the price of an event loop, with
/// handlers that look as if they blocked. What suspends a fiber, and what blocks all of a loop, is said at
/// FiberLoop.
///
/// With one worker all fibers share the thread of serve_forever(), so that no two handlers run at the same
/// time. With more, further threads have loops of their own; a fiber stays where it began.
/// serve_forever() returns when requests in progress have ended, or drain_timeout has passed and their
/// connections were shut down. handle_request() serves without a fiber, as the iterative server does.
template <std::derived_from<BaseServer> Base>
class FiberMixIn : public Base {
 public:
  // ---- settings ----
  /// Threads with an event loop, the one of serve_forever() among them; at least one.
  std::size_t workers = 1;
  /// Of each fiber, in bytes of address space; an overflow ends the process with a message.
  std::size_t fiber_stack_size = FiberLoop::kStackSize;

  using Base::Base;
  ~FiberMixIn() override { FiberMixIn::server_close(); }

  void run_loop(std::chrono::nanoseconds poll_interval) override {
    Loops loops(*this);
    const WaiterScope scope(&loops.own.loop());
    running_ = &loops;
    loop_ = &loops.own.loop();
    try {
      Base::run_loop(poll_interval);
    } catch (...) {
      end_loops(loops);
      throw;
    }
    end_loops(loops);
  }

  void process_request(Request& request, const Address& client_address) override {
    Loops* const loops = of_caller();
    if (loops == nullptr) return Base::process_request(request, client_address);
    if (!loops->others.start(request, loops->own.loop().size())) loops->own.start(*this, request);
  }

  void stop_accepting() override {
    if (Loops* const loops = of_caller()) loops->own.loop().forget(this->fileno());
    Base::stop_accepting();
  }

  /// From a handler it only stops accepting; whoever owns the server closes it.
  void server_close() override {
    if (FiberWorkers::serve_in_caller(*this)) return this->request_shutdown();
    FiberMixIn::stop_accepting();
    if (of_caller() == nullptr) Base::server_close();
  }

 protected:
  Deadline watch(std::vector<pollfd>& fds) override {
    const Deadline deadline = Base::watch(fds);
    if (Loops* const loops = of_caller())
      for (const pollfd& one : fds)
        if (one.fd >= 0) loops->own.loop().keep(one.fd);
    return deadline;
  }

 private:
  struct Loops {
    explicit Loops(FiberMixIn& server)
        : own(server.fiber_stack_size),
          others(server, server.loop(), std::max<std::size_t>(server.workers, 1) - 1,
                 server.fiber_stack_size) {
      if (others.error() != 0)
        server.log_message(LogLevel::kWarning, "serving with " + std::to_string(others.size() + 1) + " of " +
                                                   std::to_string(server.workers) +
                                                   " event loops: " + std::strerror(others.error()));
    }
    FiberSet own;
    FiberWorkers others;
  };

  /// Where the caller is a fiber of the loop's own thread.
  Loops* of_caller() const noexcept {
    const Waiter* const loop = loop_;
    return loop != nullptr && current_waiter == loop ? running_ : nullptr;
  }
  void end_loops(Loops& loops) {
    const Deadline deadline = Deadline::after(this->drain_timeout);
    loops.others.begin_drain(deadline);
    const std::size_t interrupted = loops.own.drain(deadline);
    this->report_cut(interrupted + loops.others.finish_drain());
    loop_ = nullptr;
  }

  Loops* running_ = nullptr;                  // for the loop's own thread
  std::atomic<const Waiter*> loop_{nullptr};  // whose that is
};

}  // namespace socketserver
