// Processes that each accept and serve.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <thread>

#include "socketserver/concurrency/drain_guard.hpp"
#include "socketserver/concurrency/exclusive_waiter.hpp"
#include "socketserver/concurrency/worker_set.hpp"
#include "socketserver/server/draining_waiter.hpp"
#include "socketserver/server/tcp_server.hpp"
#include "socketserver/server/udp_server.hpp"
#include "socketserver/server/unix_server.hpp"

namespace socketserver {

/// `workers` processes that are forked once, each of which is a server of its own of class Base over the one
/// socket: it accepts, and serves as Base does. UNIX Network Programming calls it preforked. The process of
/// serve_forever() never serves: it supervises, and replaces a worker that has ended, see WorkerSet.
///
/// PreforkingMixIn<TCPServer> serves `workers` clients at once; PreforkingMixIn<FiberMixIn<TCPServer>>, and
/// the same over ThreadingMixIn, is one event loop, or set of threads, for each processor.
///
/// All hooks but service_actions() run in the workers; what they and handlers change, only that worker sees.
/// All limits, max_connections among them, are each worker's own. The supervisor's statistics() are the sum
/// of all workers'. shutdown() and server_close() from a handler stop all of them. serve_forever() returns
/// when requests in progress have ended, or drain_timeout has passed and their connections were shut down; a
/// worker that then does not end is killed. handle_request() forks nothing, and serves as Base does.
///
/// A worker is a copy of the process with one thread: what ForkingMixIn says about locks holds here, too, so
/// better fork, that is call serve_forever(), before other threads are started.
template <std::derived_from<BaseServer> Base>
class PreforkingMixIn : public Base {
 public:
  /// Does a worker serve one client after the other? So it is where nobody overrides process_request().
  static constexpr bool kOneByOne =
      std::same_as<decltype(&Base::process_request), decltype(&BaseServer::process_request)>;

  // ---- settings ----
  /// As many processes, at least one. Where each serves one client at a time, four for each processor,
  /// between 16 and 32: most handlers wait for something, while every further process leaves less of the
  /// caches to each connection (on one processor it costs 5 to 10% more with 32). Else one for each
  /// processor, and two on one, so that there is always one left.
  std::size_t workers = kOneByOne ? std::clamp(4 * std::thread::hardware_concurrency(), 16U, 32U)
                                  : std::max(2U, std::thread::hardware_concurrency());
  /// A client who comes while several workers wait wakes one of them; false: all, of whom one is the first.
  /// With 32 idle workers that doubles the cost of a connection. Those that serve many clients are all woken
  /// by default: else it would nearly always be the same one. Does not matter over FiberMixIn.
  bool wake_one = kOneByOne;

  using Base::Base;
  ~PreforkingMixIn() override { PreforkingMixIn::server_close(); }

  /// Replaces every worker by a new one, in turn, without losing a client: those in progress have
  /// drain_timeout to finish. Returns when that is done, or the server stops; in a worker, and in
  /// service_actions(), it only asks. Nothing where serve_forever() does not run.
  void restart_workers() { workers_.restart(); }
  /// restart_workers() without the waiting: async-signal-safe.
  void request_restart() noexcept { workers_.request_restart(); }
  /// The process ids of the workers; from any thread.
  std::set<pid_t> active_workers() const { return workers_.pids(); }
  /// In a worker its own.
  Statistics statistics() const override {
    Statistics sum = Base::statistics();
    if (!in_worker_) sum += workers_.statistics();
    return sum;
  }

  void run_loop(std::chrono::nanoseconds poll_interval) override {
    WorkerSet::Task task;
    task.work = [this, poll_interval](int lifeline, Counters& counters) {
      return work(lifeline, counters, poll_interval);
    };
    Statistics before;
    task.turn = [this] { this->service_actions(); };
    task.stopping = [&] { before = workers_.statistics(); };
    task.log = [this](LogLevel level, const std::string& message) { this->log_message(level, message); };
    task.stop_fd = this->loop().fileno();
    task.workers = std::max<std::size_t>(workers, 1);
    task.poll_interval = poll_interval;
    task.drain_timeout = this->drain_timeout;
    this->prepare_to_fork();
    const std::size_t killed = workers_.run(task);
    const Statistics after = workers_.statistics();
    this->set_drained({after.drained - before.drained, after.cut - before.cut});
    if (killed > 0)
      this->log_message(LogLevel::kWarning,
                        "killed " + std::to_string(killed) + " worker(s) that did not end in time");
  }

  /// From a handler it only asks the loop to stop; whoever owns the server closes it.
  void server_close() override {
    if (in_worker_) return this->request_shutdown();
    Base::server_close();
  }

 protected:
  /// A worker that reads ahead would keep datagrams from those that are idle.
  bool may_read_ahead() const noexcept override { return !in_worker_ && Base::may_read_ahead(); }
  void end_turn() override { in_worker_ ? Base::service_actions() : Base::end_turn(); }
  void complete_in_loop(Request& request, const Address& client_address) override {
    if (!in_worker_) return Base::complete_in_loop(request, client_address);
    if (guard_ && !request.is_datagram()) {
      guard_->complete(*this, request);
      return this->note_end_in_loop(false);
    }
    DrainingWaiter waiter(this->loop().fileno(), this->drain_timeout, request);
    {
      const WaiterScope scope(&waiter);
      this->complete_request_alone(request);
    }
    this->note_end_in_loop(waiter.cut());
  }

 private:
  /// All of a worker's life; returns its exit status.
  int work(int lifeline, Counters& counters, std::chrono::nanoseconds poll_interval) noexcept {
    in_worker_ = true;
    try {
      this->begin_worker(lifeline, counters);
      if (kOneByOne) make_guard(lifeline);
      serve(poll_interval);
      Base::server_close();
      this->end_worker();
      return 0;
    } catch (const std::exception& error) {
      this->log_message(LogLevel::kError, std::string("worker: ") + error.what());
    } catch (...) {
      this->log_message(LogLevel::kError, "worker: an exception of an unknown type");
    }
    return 1;
  }
  void serve(std::chrono::nanoseconds poll_interval) {
    ExclusiveWaiter waiter(this->fileno(), hand_on_);
    const WaiterScope scope(wake_one ? &waiter : nullptr);
    Base::run_loop(poll_interval);
    if (kOneByOne) this->report_cut(guard_ ? guard_->end() : 0);
  }
  /// Where there is no room for its thread, complete_in_loop() does without.
  void make_guard(int lifeline) try {
    guard_.emplace(lifeline, this->drain_timeout, [this] { this->loop().notice(); });
  } catch (const std::system_error&) {
  }

  bool in_worker_ = false;
  std::optional<DrainGuard> guard_;  // a worker's
  Wakeup hand_on_;
  WorkerSet workers_;
};

}  // namespace socketserver
