#include "socketserver/server/base_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/server/draining_waiter.hpp"

namespace socketserver {
namespace {

// Requests in a row before the loop looks at its other duties: enough to make the cost of that vanish.
constexpr int kBatch = 64;

// Numbers of connections that each worker process has to itself: more than it lives to see. A process id of
// Linux has 22 bits at most, so that all together have 52, and a double, as JSON's numbers are, holds them.
constexpr int kConnectionBits = 30;

// Is there no room for a thread, a process, or what belongs to one?
bool is_shortage(const std::exception& error) {
  const auto* os_error = dynamic_cast<const OSError*>(&error);
  if (os_error == nullptr) return dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return os_error->errnum() == EAGAIN || os_error->errnum() == ENOMEM;
}

}  // namespace

/// Ends a request whatever becomes of it.
class BaseServer::RequestScope {
 public:
  RequestScope(BaseServer& server, Request& request) : server_(server), request_(request) {}
  ~RequestScope() { server_.end_request(request_); }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  BaseServer& server_;
  Request& request_;
};

BaseServer::~BaseServer() = default;

// ---- the loop ----

void BaseServer::bind_and_activate() {
  loop_.open();
  activate();
}

void BaseServer::activate() {
  if (activated_) return;
  try {
    server_bind();
    server_activate();
    activated_ = true;
  } catch (...) {
    server_close();
    loop_.open();  // nothing was served: the next try is the first one again
    throw;
  }
}

void BaseServer::serve_forever(std::chrono::nanoseconds poll_interval) {
  const LoopControl::Scope scope(loop_, LoopControl::Kind::kForever);
  if (!scope.entered()) return;
  activate();
  drain_.reset();
  run_loop(poll_interval);
}

void BaseServer::run_loop(std::chrono::nanoseconds poll_interval) {
  while (!loop_.stopping()) {
    if (wait_for_request(Deadline::after(poll_interval))) handle_pending();
    end_turn();
    if (observer != nullptr) observer->on_turn();
  }
  drain_.begin(counters_->active);
}

void BaseServer::handle_request() {
  const LoopControl::Scope scope(loop_, LoopControl::Kind::kOneRequest);
  if (!scope.entered()) return;
  activate();
  drain_.reset();
  for (const Deadline deadline = Deadline::after(timeout); !loop_.stopping();) {
    if (wait_for_request(deadline) && handle_one()) return;
    service_actions();
    if (deadline.expired()) return handle_timeout();
  }
}

// True when a request may be pending.
bool BaseServer::wait_for_request(Deadline deadline) {
  waited_for_.clear();
  waited_for_.push_back({loop_.fileno(), POLLIN, 0});
  waited_for_.push_back({room_wakeup_.fileno(), POLLIN, 0});
  const bool accepting = gate_.open() && !full();
  if (!gate_.open()) deadline = std::min(deadline, gate_.opens());
  waited_for_.push_back({accepting ? fileno() : -1, POLLIN, 0});  // poll(2) passes over -1
  deadline = std::min(deadline, watch(waited_for_));
  if (!lingering_.empty()) deadline = std::min(deadline, lingering_.watch(waited_for_));
  const bool pending = accepting && has_pending();
  if (pending) deadline = Deadline::now();
  wait_any(waited_for_, deadline);
  if (waited_for_[0].revents != 0) loop_.notice();
  if (waited_for_[1].revents != 0) room_wakeup_.drain();
  if (!lingering_.empty()) lingering_.look();
  return (pending || waited_for_[2].revents != 0) && !loop_.stopping();
}

void BaseServer::handle_pending() {
  for (int i = 0; i < kBatch && !loop_.stopping() && gate_.open() && !full(); ++i)
    if (!handle_one()) return;
}

bool BaseServer::handle_one() {
  std::optional<Request> request = next_request();
  if (!request) return false;
  ++counters_->accepted;
  const std::uint64_t active = ++counters_->active;
  if (active > counters_->peak) counters_->peak = active;
  request->set_owner(this);
  if (dispatch(*request)) gate_.succeeded();
  return true;
}

std::optional<Request> BaseServer::next_request() {
  try {
    return get_request();
  } catch (const std::exception& error) {
    pause_accepting(error);
    return std::nullopt;
  }
}

// False when there was no thread or process for it.
bool BaseServer::dispatch(Request& request) {
  const RequestScope scope(*this, request);
  const Address& client = request.client_address();
  bool verified = false;
  try {
    if (!admit(request)) return true;
    verified = verify_request(request, client);
    if (verified) {
      begin_queueing(request);
      process_request(request, client);
    } else {
      ++counters_->refused;
      if (request.report() != nullptr) request.report()->set_outcome(Outcome::kRefused);
    }
  } catch (const ServerExit&) {
    throw;
  } catch (const std::exception& error) {
    if (request.ended()) throw;  // handle_error()'s own, about a handler that ran here
    failed(request, client);
    if (!verified || !is_shortage(error)) return true;
    pause_accepting(error);
    return false;
  } catch (...) {
    if (request.ended()) throw;
    failed(request, client);
  }
  return true;
}

void BaseServer::pause_accepting(const std::exception& reason) {
  ++counters_->paused;
  if (gate_.failed())
    log_message(LogLevel::kWarning, std::string("accepting pauses until there is room: ") + reason.what());
}

// Looked at again after the wish is known, since the last request may have ended in between.
bool BaseServer::full() noexcept {
  if (when_full == WhenFull::kRefuse || counters_->active < capacity()) return false;
  wants_room_ = true;
  return counters_->active >= capacity();
}

void BaseServer::request_ended(const Request& request) noexcept {
  if (request.queued()) --counters_->queued;
  counters_->received += request.received();
  counters_->sent += request.sent();
  request.end_report();
  if (request.has_counted_source()) sources_.leave(request.client_address());
  --counters_->active;
  if (wants_room_.load() && wants_room_.exchange(false)) room_wakeup_.notify();
}

// ---- shutdown ----

void BaseServer::stop_accepting() {
  loop_.close();
  drain_.begin(counters_->active);
}

void BaseServer::server_close() {
  BaseServer::stop_accepting();
  lingering_.clear();
  activated_ = false;
}

// ---- worker processes ----

// What wakes the loop for room must wake this one alone.
void BaseServer::begin_worker(int lifeline, Counters& counters) {
  loop_.become_worker(lifeline);
  counters_ = &counters;
  connections_before_ = static_cast<std::uint64_t>(::getpid()) << kConnectionBits;
  room_wakeup_ = Wakeup();
  if (observer != nullptr) observer->on_fork();
}

void BaseServer::end_worker() noexcept {
  if (observer != nullptr) observer->on_child_end();
}

// ---- a request ----

bool BaseServer::verify_request(Request&, const Address&) { return true; }

void BaseServer::process_request(Request& request, const Address& client_address) {
  complete_in_loop(request, client_address);
}

void BaseServer::complete_in_loop(Request& request, const Address& client_address) {
  DrainingWaiter waiter(loop_.fileno(), drain_timeout, request);
  {
    const WaiterScope scope(&waiter);
    complete_request(request, client_address);
  }
  note_end_in_loop(waiter.cut());
  if (loop_.stopping()) log_drained(drain_.result(0));
}

void BaseServer::note_end_in_loop(bool cut) noexcept {
  if (!loop_.stopping()) return;
  drain_.begin(1);
  drain_.cut(cut ? 1 : 0);
}

void BaseServer::finish_request(Request& request, const Address& client_address) {
  handler_(request, client_address, *this);
}

void BaseServer::complete_request(Request& request, const Address& client_address) {
  const RequestScope scope(*this, request);
  end_queueing(request);
  try {
    prepare(request, client_address);
    finish_request(request, client_address);
  } catch (const ServerExit&) {
    throw;
  } catch (...) {
    failed(request, client_address);
  }
}

// Inside a catch block.
void BaseServer::failed(Request& request, const Address& client_address) {
  if (request.report() != nullptr) request.report()->set_outcome_of_exception();
  handle_error(request, client_address);
}

bool BaseServer::complete_request_alone(Request& request) noexcept {
  const Address client = request.client_address();
  try {
    complete_request(request, client);
  } catch (const ServerExit&) {
  } catch (const std::exception& error) {
    log_message(LogLevel::kError, "handle_error of " + client.to_string() + " threw: " + error.what());
    return false;
  } catch (...) {
    log_message(LogLevel::kError, "handle_error of " + client.to_string() + " threw");
    return false;
  }
  return true;
}

void BaseServer::fail_request(Request& request) noexcept {
  const RequestScope scope(*this, request);
  if (request.report() != nullptr) request.report()->set_outcome_of_exception();
  try {
    handle_error(request, request.client_address());
  } catch (const std::exception& error) {
    log_message(LogLevel::kError, std::string("handle_error threw: ") + error.what());
  } catch (...) {
    log_message(LogLevel::kError, "handle_error threw");
  }
}

void BaseServer::end_request(Request& request) noexcept {
  if (!request.mark_ended()) return;
  try {
    shutdown_request(request);
  } catch (const std::exception& error) {
    log_message(LogLevel::kError, std::string("shutdown_request threw: ") + error.what());
  } catch (...) {
    log_message(LogLevel::kError, "shutdown_request threw");
  }
}

void BaseServer::handle_error(Request&, const Address& client_address) {
  const std::string about = "request from " + client_address.to_string() + ": ";
  try {
    throw;
  } catch (const ConnectionError& error) {
    ++counters_->disconnected;
    log_message(LogLevel::kDebug, about + error.what());
  } catch (const TimeoutError& error) {
    ++counters_->timed_out;
    log_message(LogLevel::kDebug, about + error.what());
  } catch (const std::exception& error) {
    ++counters_->failed;
    log_message(LogLevel::kError, about + error.what());
  } catch (...) {
    ++counters_->failed;
    log_message(LogLevel::kError, about + "an exception of an unknown type");
  }
}

void BaseServer::log_message(LogLevel level, const std::string& message) {
  if (level >= log_level) log_to_stderr(message);
}

}  // namespace socketserver
