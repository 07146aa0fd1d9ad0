#include "socketserver/server/request.hpp"

#include <cassert>
#include <utility>

namespace socketserver {

Request::Request(Socket&& connection, const Address& client_address)
    : plain_(std::move(connection)), client_address_(client_address) {
  socket_ = &*plain_;
}

Request::Request(std::unique_ptr<Socket> connection, const Address& client_address)
    : socket_(connection.get()), derived_(std::move(connection)), client_address_(client_address) {}

Request::Request(Socket& server_socket, std::string_view packet, bool truncated,
                 const Address& client_address)
    : socket_(&server_socket), packet_(packet), truncated_(truncated), client_address_(client_address) {}

Request::Request(Request&& other) noexcept { *this = std::move(other); }

Request& Request::operator=(Request&& other) noexcept {
  if (this == &other) return *this;
  release();
  socket_ = std::exchange(other.socket_, nullptr);
  derived_ = std::move(other.derived_);
  packet_ = std::move(other.packet_);
  truncated_ = other.truncated_;
  ended_ = std::exchange(other.ended_, true);
  counted_source_ = other.counted_source_;
  queued_ = other.queued_;
  interrupted_ = other.interrupted_;
  idleness_ = std::move(other.idleness_);
  clock_ = other.clock_;
  report_ = std::move(other.report_);
  gone_received_ = other.gone_received_;
  gone_sent_ = other.gone_sent_;
  client_address_ = other.client_address_;
  owner_ = std::exchange(other.owner_, nullptr);
  if (!other.plain_) return *this;
  socket_ = &plain_.emplace(std::move(*other.plain_));
  other.plain_.reset();
  socket_->set_watch(clock_);
  socket_->set_wait_observer(report_.get());
  return *this;
}

Request::~Request() { release(); }

void Request::release() noexcept {
  if (!is_datagram()) {
    gone_received_ = received();
    gone_sent_ = sent();
    plain_.reset();
    derived_.reset();
  }
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->request_ended(*this);
}

// Another thread may be about to interrupt the connection that goes.
std::unique_lock<std::mutex> Request::lock() const {
  return guard_ != nullptr ? std::unique_lock(*guard_) : std::unique_lock<std::mutex>();
}

// A closed one is left in its place.
std::unique_ptr<Socket> Request::take_connection() {
  assert(!is_datagram());
  const auto lock = this->lock();
  std::unique_ptr<Socket> taken =
      derived_ ? std::move(derived_) : std::make_unique<Socket>(std::move(*plain_));
  taken->set_watch(nullptr);
  taken->set_wait_observer(nullptr);
  socket_ = &plain_.emplace();
  return taken;
}

void Request::put_connection(std::unique_ptr<Socket> socket) {
  const auto lock = this->lock();
  socket->set_watch(clock_);
  socket->set_wait_observer(report_.get());
  if (interrupted_) socket->interrupt();
  plain_.reset();
  derived_ = std::move(socket);
  socket_ = derived_.get();
}

std::unique_ptr<Socket> Request::detach() {
  std::unique_ptr<Socket> socket = take_connection();
  socket->set_deadlines({});
  gone_received_ += socket->received();
  gone_sent_ += socket->sent();
  if (report_) report_->set_outcome(Outcome::kDetached);
  return socket;
}

void Request::set_report(std::unique_ptr<ConnectionReport> report) noexcept {
  report_ = std::move(report);
  if (!is_datagram()) socket_->set_wait_observer(report_.get());
}

void Request::end_report() const noexcept {
  if (!report_) return;
  if (interrupted_) report_->set_outcome(Outcome::kCut);
  report_->end(received(), sent());
}

std::uint64_t Request::received() const noexcept {
  return gone_received_ + (is_datagram() ? packet_.size() : socket_->received());
}

std::uint64_t Request::sent() const noexcept { return gone_sent_ + (is_datagram() ? 0 : socket_->sent()); }

void Request::close() noexcept {
  if (!is_datagram()) socket_->close();
}

void Request::interrupt() noexcept {
  interrupted_ = true;
  if (!is_datagram()) socket_->interrupt();
}

// Nobody has cut anything off: it counts as finished.
void Request::ask_to_end() noexcept {
  if (idleness_.ask() && !is_datagram()) socket_->interrupt_receiving();
}

void Request::set_shared() noexcept {
  if (!is_datagram()) socket_->set_shared();
}

void Request::set_watch(const WatchClock* clock) noexcept {
  clock_ = clock;
  if (!is_datagram()) socket_->set_watch(clock);
}

void Request::end_overdue_wait() noexcept {
  if (!is_datagram()) socket_->end_overdue_wait();
}

}  // namespace socketserver
