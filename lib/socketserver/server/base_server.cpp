#include "socketserver/server/base_server.hpp"

#include <algorithm>

#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// Requests in a row before the loop looks at its other duties: enough to make the cost of that vanish.
constexpr int kBatch = 64;

}  // namespace

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
  begin_drain();
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

void BaseServer::pause_accepting(const std::exception& reason) {
  ++counters_->paused;
  if (!gate_.failed()) return;
  log_message(LogLevel::kWarning, text_if_memory([&] {
                return std::string("accepting pauses until there is room: ") + reason.what();
              }));
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
  if (const std::uint64_t sent = request.sent(); sent > 0) counters_->sent += sent;
  request.end_report();
  if (request.has_counted_source()) sources_.leave(request.client_address());
  --counters_->active;
  if (wants_room_.load() && wants_room_.exchange(false)) room_wakeup_.notify();
}

// ---- shutdown ----

void BaseServer::stop_accepting() {
  loop_.close();
  begin_drain();
}

void BaseServer::server_close() {
  BaseServer::stop_accepting();
  lingering_.clear();
  activated_ = false;
}

}  // namespace socketserver
