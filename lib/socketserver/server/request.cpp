#include "socketserver/server/request.hpp"

#include <cassert>
#include <utility>

namespace socketserver {

Request::Request(std::unique_ptr<Socket> socket, const Address& client_address)
    : connection_(std::move(socket)), socket_(connection_.get()), client_address_(client_address) {}

Request::Request(Socket& server_socket, std::string_view packet, bool truncated,
                 const Address& client_address)
    : socket_(&server_socket), packet_(packet), truncated_(truncated), client_address_(client_address) {}

Request::Request(Request&& other) noexcept
    : connection_(std::move(other.connection_)),
      socket_(std::exchange(other.socket_, nullptr)),
      packet_(std::move(other.packet_)),
      truncated_(other.truncated_),
      ended_(std::exchange(other.ended_, true)),
      counted_source_(other.counted_source_),
      queued_(other.queued_),
      interrupted_(other.interrupted_),
      clock_(other.clock_),
      report_(std::move(other.report_)),
      gone_received_(other.gone_received_),
      gone_sent_(other.gone_sent_),
      client_address_(other.client_address_),
      owner_(std::exchange(other.owner_, nullptr)) {}

Request& Request::operator=(Request&& other) noexcept {
  if (this == &other) return *this;
  release();
  connection_ = std::move(other.connection_);
  socket_ = std::exchange(other.socket_, nullptr);
  packet_ = std::move(other.packet_);
  truncated_ = other.truncated_;
  ended_ = std::exchange(other.ended_, true);
  counted_source_ = other.counted_source_;
  queued_ = other.queued_;
  interrupted_ = other.interrupted_;
  clock_ = other.clock_;
  report_ = std::move(other.report_);
  gone_received_ = other.gone_received_;
  gone_sent_ = other.gone_sent_;
  client_address_ = other.client_address_;
  owner_ = std::exchange(other.owner_, nullptr);
  return *this;
}

Request::~Request() { release(); }

void Request::release() noexcept {
  if (connection_) {
    gone_received_ = received();
    gone_sent_ = sent();
    connection_.reset();
  }
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->request_ended(*this);
}

// Under the guard, since another thread may be about to interrupt the one that goes.
std::unique_ptr<Socket> Request::exchange(std::unique_ptr<Socket> socket) {
  assert(!is_datagram());
  std::unique_lock<std::mutex> lock;
  if (guard_ != nullptr) lock = std::unique_lock(*guard_);
  connection_->set_watch(nullptr);
  connection_->set_wait_observer(nullptr);
  socket->set_watch(clock_);
  socket->set_wait_observer(report_.get());
  if (interrupted_) socket->interrupt();
  connection_.swap(socket);
  socket_ = connection_.get();
  return socket;
}

std::unique_ptr<Socket> Request::detach() {
  std::unique_ptr<Socket> socket = exchange(std::make_unique<Socket>());
  socket->set_deadlines({});
  gone_received_ += socket->received();
  gone_sent_ += socket->sent();
  if (report_) report_->set_outcome(Outcome::kDetached);
  return socket;
}

void Request::set_report(std::unique_ptr<ConnectionReport> report) noexcept {
  report_ = std::move(report);
  if (connection_) connection_->set_wait_observer(report_.get());
}

void Request::end_report() const noexcept {
  if (!report_) return;
  if (interrupted_) report_->set_outcome(Outcome::kCut);
  report_->end(received(), sent());
}

std::uint64_t Request::received() const noexcept {
  return gone_received_ + (connection_ ? connection_->received() : packet_.size());
}

std::uint64_t Request::sent() const noexcept { return gone_sent_ + (connection_ ? connection_->sent() : 0); }

void Request::close() noexcept {
  if (connection_) connection_->close();
}

void Request::interrupt() noexcept {
  interrupted_ = true;
  if (connection_) connection_->interrupt();
}

void Request::set_shared() noexcept {
  if (connection_) connection_->set_shared();
}

void Request::set_watch(const WatchClock* clock) noexcept {
  clock_ = clock;
  if (connection_) connection_->set_watch(clock);
}

void Request::end_overdue_wait() noexcept {
  if (connection_) connection_->end_overdue_wait();
}

}  // namespace socketserver
