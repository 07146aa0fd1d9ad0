// How BaseServer keeps to its limits.
#include <algorithm>

#include "socketserver/net/error.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver {

// The request counts as active already.
bool BaseServer::admit(Request& request) {
  if (observer != nullptr)
    request.set_report(std::make_unique<ConnectionReport>(
        *observer, connections_before_ + counters_->accepted, request.client_address()));
  if (when_full == WhenFull::kRefuse && counters_->active > capacity())
    return refuse(request, counters_->refused_full, Outcome::kRefusedFull), false;
  if (max_per_source == 0) return true;
  if (!sources_.enter(request.client_address(), max_per_source))
    return refuse(request, counters_->refused_source, Outcome::kRefusedSource), false;
  request.set_counted_source();
  return true;
}

void BaseServer::refuse(Request& request, Counters::Counter& reason, Outcome outcome) {
  ++reason;
  if (request.report() != nullptr) request.report()->set_outcome(outcome);
  if (full_message.empty() || request.is_datagram()) return;
  try {
    request.send(full_message, MSG_DONTWAIT);
    lingering_.add(request.fileno());
  } catch (const OSError&) {  // it is gone already
  }
}

void BaseServer::prepare(Request& request, const Address& client_address) {
  if (request.is_datagram()) return prepare_request(request, client_address);
  const Deadline end = request.socket().request_end();
  const auto restore = [&] { request.socket().set_request_end(end); };  // of what may be another socket
  request.socket().set_request_end(std::min(end, Deadline::after(prepare_timeout)));
  try {
    prepare_request(request, client_address);
  } catch (...) {
    restore();  // handle_error() may want to tell the client
    throw;
  }
  restore();
  request.socket().begin_anew();
}

void BaseServer::begin_queueing(Request& request) noexcept {
  ++counters_->queued;
  request.set_queued(true);
  if (request.report() != nullptr) request.report()->enter(ConnectionState::kQueued);
}

void BaseServer::end_queueing(Request& request) noexcept {
  if (request.queued()) --counters_->queued;
  request.set_queued(false);
  if (request.report() != nullptr) request.report()->enter(ConnectionState::kHandling);
}

void BaseServer::report_cut(std::size_t count) {
  drain_.cut(count);
  log_drained(last_drain());
}

void BaseServer::log_drained(const Drained& drained) {
  if (drained.finished + drained.cut == 0 || !drain_.tell()) return;
  counters_->drained += drained.finished;
  counters_->cut += drained.cut;
  log_message(drained.cut > 0 ? LogLevel::kWarning : LogLevel::kInfo,
              "stopped: " + std::to_string(drained.finished) + " request(s) in progress finished, " +
                  std::to_string(drained.cut) + " cut off");
}

}  // namespace socketserver
