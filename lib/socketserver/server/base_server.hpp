// The server without a protocol: the loop, and the path of a request through its hooks.
#pragma once

#include <poll.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "socketserver/net/wakeup.hpp"
#include "socketserver/server/accept_gate.hpp"
#include "socketserver/server/drain_count.hpp"
#include "socketserver/server/lingering.hpp"
#include "socketserver/server/log.hpp"
#include "socketserver/server/loop_control.hpp"
#include "socketserver/server/observer.hpp"
#include "socketserver/server/request.hpp"
#include "socketserver/server/request_handler_class.hpp"
#include "socketserver/server/source_counts.hpp"
#include "socketserver/server/statistics.hpp"

namespace socketserver {

/// What becomes of a client for whom there is no room: it waits in the listen backlog, or it is refused.
enum class WhenFull : unsigned char { kWait, kRefuse };

/// One request takes the same path in every concurrency model:
///   get_request -> verify_request -> process_request (the mix-in's place: another thread, another process)
///   -> prepare_request -> finish_request -> the handler's setup, handle, finish
///   -> shutdown_request -> close_request
///
/// The constructor only stores. Whoever derives from a server with threads of its own calls server_close() in
/// the derived class's destructor, or before the object goes: the mix-in's destructor closes too, but by then
/// the derived class is gone, while handlers may still call it. Python: socketserver.BaseServer.
class BaseServer : public RequestOwner {
 public:
  // ---- settings: set before serving ----
  /// How long handle_request() waits before it calls handle_timeout().
  Timeout timeout;
  /// Of every accepted connection, from accept on.
  Deadlines deadlines;
  /// Requests in progress at the same time; further clients wait in the listen backlog. The default is half
  /// of the 32,768 threads or processes that Linux has room for by default.
  std::size_t max_connections = 16'384;
  /// Requests in progress of one client at the same time (Source says what one is); what comes beyond
  /// that is refused. 0: no limit.
  std::size_t max_per_source = 0;
  /// Where max_connections is reached, or the mix-in's own limit: a pool's workers and queue, max_children. A
  /// server that serves in its loop is never full: while it serves, nobody accepts. Datagrams that are
  /// refused are dropped.
  WhenFull when_full = WhenFull::kWait;
  /// What a connection that is refused for one of these limits is told, as far as it fits into the socket at
  /// once. Empty: nothing.
  std::string full_message;
  /// Of prepare_request(), in all: what precedes the first word is said by programs, not by people.
  Timeout prepare_timeout = std::chrono::seconds(10);
  /// How long those in progress may go on once the server stops; then their connections are shut down. As
  /// most supervisors wait 10 s or longer before they kill.
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(5);
  /// Told what happens to every connection; must outlive the server. nullptr: nobody, at no cost.
  Observer* observer = nullptr;
  /// What log_message() lets through.
  LogLevel log_level = LogLevel::kWarning;

  // ---- for callers ----
  explicit BaseServer(RequestHandlerClass handler) : handler_(std::move(handler)) {}
  virtual ~BaseServer();
  BaseServer(const BaseServer&) = delete;
  BaseServer& operator=(const BaseServer&) = delete;

  /// server_bind() and server_activate(); on failure server_close(), then rethrows. Once is enough: the
  /// first serve_forever() or handle_request() does it where nobody has. It opens a closed server again.
  void bind_and_activate();
  /// Serves until shutdown(), and not at all once the server was closed. `poll_interval` is how often at
  /// least service_actions() is called; shutdown never waits for it. Throws what binding throws,
  /// std::logic_error when it runs already, and what handle_error() throws in the loop's own thread.
  void serve_forever(std::chrono::nanoseconds poll_interval = std::chrono::milliseconds(500));
  /// Serves one request, or calls handle_timeout() when none comes within `timeout`; shutdown() ends it.
  void handle_request();
  /// Ends serve_forever() and waits until it has: from any thread, from a handler, and before the loop began,
  /// in which case the next serve_forever() returns at once. A handler that the loop itself runs is waited
  /// for up to drain_timeout, then its connection is shut down; those of other threads and processes go on
  /// until server_close(). In the loop's own thread and in a forked child it only asks.
  void shutdown() { loop_.stop(); }
  /// shutdown() without the waiting: async-signal-safe.
  void request_shutdown() noexcept { loop_.request_stop(); }
  /// The descriptor that readiness of the next request shows on; -1 when closed.
  virtual int fileno() const noexcept = 0;
  const RequestHandlerClass& handler_class() const noexcept { return handler_; }
  virtual Statistics statistics() const { return counters_->snapshot(); }
  /// From the end of a loop until the next one: no more requests are accepted.
  bool draining() const noexcept { return drain_.begun(); }
  /// What became of those that were in progress when it was stopped last; complete once server_close() is
  /// done.
  Drained last_drain() const noexcept { return drain_.result(counters_->active); }

  // ---- for overriders: called by bind_and_activate() ----
  virtual void server_bind() {}
  virtual void server_activate() {}
  /// Called by callers, destructors, bind_and_activate(): ends the loop, also one about to begin, and frees
  /// what it needs. Idempotent; one thread at a time.
  virtual void server_close();

  // ---- for overriders: called by the loop ----
  /// The next request, nullopt when there is none; must not wait. What it throws pauses the loop.
  virtual std::optional<Request> get_request() = 0;
  /// May this client be served? If not, or if it throws, that connection alone ends.
  virtual bool verify_request(Request& request, const Address& client_address);
  /// Where a mix-in takes the request elsewhere, by moving out of `request`. When it throws, the request
  /// must still be there. By default it is completed here and now.
  virtual void process_request(Request& request, const Address& client_address);
  virtual void handle_timeout() {}
  /// Once a turn of the loop.
  virtual void service_actions() {}

  // ---- for overriders: called by whoever completes the request ----
  /// What a client must say before it counts: a PROXY header, a signature, a TLS handshake, after which
  /// Request::wrap() puts what encrypts in the socket's place. All waits on the connection end at
  /// `prepare_timeout`; the handler's deadlines begin afterwards. What it throws goes to handle_error().
  virtual void prepare_request(Request&, const Address&) {}
  /// Runs the handler.
  virtual void finish_request(Request& request, const Address& client_address);
  /// Inside the catch block of what a handler or process_request() threw. By default peers that went away
  /// and deadlines are counted and logged as kDebug, clients that did not authenticate as kWarning, all else
  /// as kError.
  virtual void handle_error(Request& request, const Address& client_address);
  /// Exactly once for each request, whatever became of it; calls close_request().
  virtual void shutdown_request(Request& request) { close_request(request); }
  virtual void close_request(Request& request) { request.close(); }
  /// From any thread. By default a line on stderr.
  virtual void log_message(LogLevel level, const std::string& message);

  // ---- for concurrency mix-ins ----
  /// Called by serve_forever(): the loop itself, until it shall stop. A mix-in may run it in several threads,
  /// as long as only one of them is outside process_request() at a time.
  virtual void run_loop(std::chrono::nanoseconds poll_interval);
  /// finish_request(), handle_error() for what it throws, and always shutdown_request(): the one place where
  /// requests end. ServerExit, and what handle_error() itself throws, come out of it.
  void complete_request(Request& request, const Address& client_address);
  /// The same where nobody could catch anything: at the top of a thread or a process. False when something
  /// but ServerExit came out, which is logged.
  bool complete_request_alone(Request& request) noexcept;
  /// Inside a catch block: what process_request() would have thrown, where that is over already.
  /// handle_error(), and the request's end.
  void fail_request(Request& request) noexcept;
  /// Ends the loop, and closes the listening socket where connections have sockets of their own.
  virtual void stop_accepting();
  /// Once all have ended: how many handlers did not within drain_timeout. Logs how many of them did, too.
  void report_cut(std::size_t count);
  /// In a child process that serves one request: lets go of what only the parent uses.
  virtual void forked() noexcept;
  /// Before such a child ends.
  void child_ends(const Request& request) noexcept;
  /// In the parent: a child has it now.
  void handed_over(Request& request) noexcept;
  /// Before children are forked that accept requests: ends threads that wait for some, of which a child has
  /// none.
  virtual void prepare_to_fork() {}
  /// In such a child, which accepts as the parent would: lets go of what the parent alone may
  /// remove. It shall stop when `lifeline` becomes readable, and counts in `counters`; shutdown() and
  /// request_shutdown() ask the parent.
  virtual void begin_worker(int lifeline, Counters& counters);
  /// Before such a child ends.
  void end_worker() noexcept;
  /// In the parent: what became of requests in its children.
  void set_drained(const Drained& drained) noexcept;

 protected:
  /// How many requests may be in progress: max_connections, or what a mix-in's own limit leaves of it.
  virtual std::size_t capacity() const noexcept { return max_connections; }
  /// What else should wake the loop for service_actions(); returns when it should wake at the latest.
  virtual Deadline watch(std::vector<pollfd>&) { return Deadline::never(); }
  /// Does get_request() have one already, whatever fileno() shows?
  virtual bool has_pending() const noexcept { return false; }
  /// In serve_forever() alone, which asks has_pending() and not only fileno().
  virtual bool may_read_ahead() const noexcept { return loop_.kind() == LoopControl::Kind::kForever; }
  /// No more requests are accepted from now on, and those in progress count as drained.
  void begin_drain() noexcept { drain_.begin(counters_->active); }
  /// The end of each turn of the loop.
  virtual void end_turn() { service_actions(); }
  /// A request has ended that the loop itself ran. If the server was stopped meanwhile it counts as drained,
  /// or as `cut`.
  void note_end_in_loop(bool cut) noexcept;
  /// What process_request() does by default: completes the request in the loop's own thread.
  virtual void complete_in_loop(Request& request, const Address& client_address);
  Counters& counters() noexcept { return *counters_; }
  LoopControl& loop() noexcept { return loop_; }

 private:
  class RequestScope;
  void activate();
  void request_ended(const Request& request) noexcept final;
  void end_request(Request& request) noexcept;
  bool full() noexcept;
  bool wait_for_request(Deadline deadline);
  void handle_pending();
  bool handle_one();
  std::optional<Request> next_request();
  bool dispatch(Request& request);
  bool admit(Request& request);
  void refuse(Request& request, Counters::Counter& reason, Outcome outcome);
  void begin_queueing(Request& request) noexcept;
  void end_queueing(Request& request) noexcept;
  void prepare(Request& request, const Address& client_address);
  void failed(Request& request, const Address& client_address);
  void log_thrown(const char* hook, const Request& request) noexcept;
  void log_drained(const Drained& drained);
  void pause_accepting(const std::exception& reason);

  RequestHandlerClass handler_;
  bool activated_ = false;
  Counters own_counters_;
  Counters* counters_ = &own_counters_;   // in a worker process its parent's memory
  std::uint64_t connections_before_ = 0;  // of the observer's numbers: those that are other processes'
  AcceptGate gate_;
  std::vector<pollfd> waited_for_;  // the loop's, kept for its memory
  LoopControl loop_;
  SourceCounts sources_;
  Lingering lingering_;
  DrainCount drain_;
  std::atomic<bool> wants_room_{false};
  Wakeup room_wakeup_;  // a request ended while the loop waited for room
};

}  // namespace socketserver
