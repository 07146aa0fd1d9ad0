// What a handler is given: one connection, or one datagram.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "socketserver/net/socket.hpp"
#include "socketserver/server/connection_report.hpp"
#include "socketserver/server/idleness.hpp"

namespace socketserver {

/// Told when a Request ends; BaseServer is one.
class RequestOwner {
 public:
  /// From the thread that ends the request, whose connection is gone already.
  virtual void request_ended(const class Request& request) noexcept = 0;

 protected:
  ~RequestOwner() = default;
};

/// A connection of its own, or a datagram that came through the server's socket. Owns the connection, and
/// closes it at the latest when it goes. Moved from loop to worker; used by one thread at a time but for
/// interrupt(). Python: the socket, or the tuple (data, socket), that get_request() returns.
class Request {
 public:
  /// A connection.
  Request(Socket&& connection, const Address& client_address);
  /// The same of a class derived from Socket.
  Request(std::unique_ptr<Socket> connection, const Address& client_address);
  /// A datagram that came through `server_socket`, which must outlive it.
  Request(Socket& server_socket, std::string_view packet, bool truncated, const Address& client_address);

  /// The moved-from request is empty: of its members only the destructor and assignment may be used.
  Request(Request&& other) noexcept;
  Request& operator=(Request&& other) noexcept;
  ~Request();

  /// The connection; for a datagram the server's socket, through which it can be answered.
  Socket& socket() const noexcept { return *socket_; }
  bool is_datagram() const noexcept { return !plain_ && !derived_; }
  const Address& client_address() const noexcept { return client_address_; }

  /// The datagram; empty for a connection.
  const std::string& packet() const noexcept { return packet_; }
  /// Was the datagram longer than the server's max_packet_size, so that its end is missing?
  bool truncated() const noexcept { return truncated_; }

  /// The connection's calls, as in Socket.
  std::string recv(std::size_t size, int flags = 0) { return socket_->recv(size, flags); }
  std::size_t recv_into(std::span<char> buffer, int flags = 0) { return socket_->recv_into(buffer, flags); }
  std::size_t send(std::string_view data, int flags = 0) { return socket_->send(data, flags); }
  void sendall(std::string_view data, int flags = 0) { socket_->sendall(data, flags); }
  void shutdown(int how) { socket_->shutdown(how); }
  /// Nothing for a datagram: the server's socket is not ours to close.
  void close() noexcept;
  int fileno() const noexcept { return socket_->fileno(); }
  Address getsockname() const { return socket_->getsockname(); }
  Address getpeername() const { return socket_->getpeername(); }
  void setsockopt(int level, int name, int value) { socket_->setsockopt(level, name, value); }
  void settimeout(Timeout timeout) { socket_->settimeout(timeout); }
  void set_deadlines(const Deadlines& deadlines) { socket_->set_deadlines(deadlines); }

  /// For a handler that keeps its connection beyond the request: gives it away, as what it is, without the
  /// server's deadlines. The server forgets it: it is neither shut down nor interrupted at the end, and the
  /// request, left with a closed connection, counts until the handler returns. What rfile has read ahead, and
  /// wfile not yet sent, is the handler's to see to before. In a model of processes it lives in the handler's
  /// alone, and the server's own end still cuts it. REQUIRES: !is_datagram().
  std::unique_ptr<Socket> detach();
  /// Puts a socket in the connection's place that `make` makes of it: of a class derived from Socket that
  /// encrypts or traces. It takes the connection over (Socket's move constructor), and so its deadlines.
  /// `make` must not wait, since interrupt() takes effect only after it: a handshake comes after wrap(), in
  /// calls of what is socket() then. When `make` throws, what it left of the connection is there again.
  /// REQUIRES: !is_datagram().
  template <class Make>
  void wrap(Make make) {
    std::unique_ptr<Socket> taken = take_connection();
    try {
      put_connection(make(std::move(*taken)));
    } catch (...) {
      put_connection(std::move(taken));
      throw;
    }
  }

  /// From any thread while the request is alive: ends all waiting on the connection (Socket::interrupt).
  /// Nothing for a datagram.
  void interrupt() noexcept;
  /// The handler waits for a peer that need not say any more: a server that stops has it hear the end, where
  /// nothing has come already, instead of waiting for what may never come. False where it was asked to end
  /// before, and nobody would end the wait.
  bool begin_idle() noexcept { return idleness_.begin(); }
  void end_idle() noexcept { idleness_.end(); }
  /// From any thread while the request is alive: the server stops. Between begin_idle() and end_idle(),
  /// where nothing has come, the connection receives no more; it can still be answered.
  void ask_to_end() noexcept;
  bool asked_to_end() const noexcept { return idleness_.asked(); }
  /// Before fork(2): a child's copy shall know what the parent's was asked. Throws OSError.
  void share_idleness() { idleness_.share(); }
  /// As those of Socket. Nothing for a datagram.
  void set_shared() noexcept;
  void set_watch(const WatchClock* clock) noexcept;
  void end_overdue_wait() noexcept;

  // ---- for BaseServer ----
  /// `owner` is told once, when this request is gone; it must outlive that.
  void set_owner(RequestOwner* owner) noexcept { owner_ = owner; }
  /// True the first time, for shutdown_request() to be called exactly once; a moved-from request has ended.
  bool mark_ended() noexcept { return !std::exchange(ended_, true); }
  bool ended() const noexcept { return ended_; }
  /// It counts for its source.
  void set_counted_source() noexcept { counted_source_ = true; }
  bool has_counted_source() const noexcept { return counted_source_; }
  /// It waits for a thread or process.
  void set_queued(bool queued) noexcept { queued_ = queued; }
  bool queued() const noexcept { return queued_; }
  /// What tells the server's observer of it; nullptr where there is none.
  void set_report(std::unique_ptr<ConnectionReport> report) noexcept;
  ConnectionReport* report() const noexcept { return report_.get(); }
  /// Has the report tell of its end, if there is one.
  void end_report() const noexcept;
  /// Bytes of the connection; of a datagram what it holds.
  std::uint64_t received() const noexcept;
  std::uint64_t sent() const noexcept;
  /// `mutex` is held by whoever interrupts; not handed on when the request moves.
  void set_guard(std::mutex* mutex) noexcept { guard_ = mutex; }

 private:
  void release() noexcept;
  std::unique_lock<std::mutex> lock() const;
  std::unique_ptr<Socket> take_connection();
  void put_connection(std::unique_ptr<Socket> socket);

  Socket* socket_ = nullptr;
  // The connection, here itself where it is no more than a Socket: one place in memory for both.
  std::optional<Socket> plain_;
  std::unique_ptr<Socket> derived_;
  std::string packet_;
  bool truncated_ = false;
  bool ended_ = false;
  bool counted_source_ = false;
  bool queued_ = false;
  bool interrupted_ = false;  // guarded by guard_
  Idleness idleness_;
  std::mutex* guard_ = nullptr;
  const WatchClock* clock_ = nullptr;
  std::unique_ptr<ConnectionReport> report_;
  std::uint64_t gone_received_ = 0, gone_sent_ = 0;  // of a connection that is not here any more
  Address client_address_;
  RequestOwner* owner_ = nullptr;
};

}  // namespace socketserver
