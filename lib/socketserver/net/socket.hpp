// Sockets, with the methods of Python's socket objects.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "socketserver/net/address.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/net/fd.hpp"
#include "socketserver/net/wait_observer.hpp"
#include "socketserver/net/wait_watch.hpp"

namespace socketserver {

class SocketFile;  // what makefile() gives: socketserver/io/socket_file.hpp

/// Owns a socket. Movable. One thread at a time, but for interrupt(), and for sendto() once
/// set_write_timeout() was called (the socket of a datagram server), which any number of threads may call.
///
/// Blocking calls wait as net/wait.hpp says, restart after signals, and never raise SIGPIPE. All calls throw
/// OSError or a class derived from it; its message names the call and the peer. Calls on a closed socket fail
/// with EBADF.
///
/// A class that wraps another connection (TLS, tracing) overrides the virtual calls, which all that sends and
/// receives ends in; interrupt() and its like, and who waits for fileno(), deal with the descriptor itself.
class Socket {
 public:
  /// No socket yet; as after close().
  Socket() = default;
  /// socket(2); closed on exec.
  Socket(int family, int type, int protocol = 0);
  /// Takes over a descriptor, blocking or not as it is (a listening one never blocks in accept(2)).
  explicit Socket(Fd fd);
  /// The same of a blocking descriptor whose family and type are known, without asking the system.
  Socket(Fd fd, int family, int type) noexcept : fd_(std::move(fd)), family_(family), type_(type) {}

  /// Sockets whose family follows the first address they bind, connect or send to.
  static Socket tcp() { return of_type(SOCK_STREAM); }
  static Socket udp() { return of_type(SOCK_DGRAM); }

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  virtual ~Socket();

  void bind(const Address& address);
  void listen(int backlog = SOMAXCONN);
  std::pair<Socket, Address> accept();
  void connect(const Address& address);
  /// As connect(), but returns the errno, 0 for success.
  int connect_ex(const Address& address);

  /// Receives at most `size` bytes; fewer are usual; none when the peer closed its sending side.
  std::string recv(std::size_t size, int flags = 0);
  virtual std::size_t recv_into(std::span<char> buffer, int flags = 0);
  /// Sends some of `data` and returns how much; sendall() all of it, or throws.
  virtual std::size_t send(std::string_view data, int flags = 0);
  void sendall(std::string_view data, int flags = 0);
  /// Sends up to `count` bytes of an open file from `offset` on, without copying them through the program
  /// where the system can, and returns how many there were: fewer than `count` where the file ends before.
  /// Its position stays; reading it is never waited for elsewhere, so in a fiber others wait, too. A class
  /// that derives from Socket gets the bytes by send(). Of streams. Python: sendfile(file, offset, count).
  std::uint64_t sendfile(int file, std::uint64_t offset = 0,
                         std::uint64_t count = std::numeric_limits<std::uint64_t>::max());

  /// One datagram; what exceeds `size` is lost.
  std::pair<std::string, Address> recvfrom(std::size_t size, int flags = 0);
  std::pair<std::size_t, Address> recvfrom_into(std::span<char> buffer, int flags = 0);
  std::size_t sendto(std::string_view data, const Address& address, int flags = 0);

  /// `how` is SHUT_RD, SHUT_WR or SHUT_RDWR.
  virtual void shutdown(int how);
  /// Idempotent.
  virtual void close() noexcept;
  /// Gives the descriptor away; the socket is closed afterwards.
  Fd detach() noexcept;
  /// -1 when closed.
  int fileno() const noexcept { return fd_.get(); }

  Address getsockname() const;
  Address getpeername() const;
  int getsockopt(int level, int name) const;
  void setsockopt(int level, int name, int value);
  void setsockopt(int level, int name, std::string_view value);
  /// TCP_NODELAY; nothing where the socket is not of TCP.
  void set_nodelay() noexcept;
  int family() const noexcept { return family_; }
  int type() const noexcept { return type_; }

  /// Every wait of a call takes at most this long; nullopt is for ever, 0 is not at all (BlockingIOError).
  /// Unlike Python's, the time of sendall starts anew whenever the peer took something. A deadline of the
  /// whole request stays in force.
  void settimeout(Timeout timeout);
  Timeout gettimeout() const noexcept;
  void setblocking(bool blocking) { settimeout(blocking ? Timeout() : Timeout(std::chrono::nanoseconds(0))); }
  /// Finer than settimeout(): the later call counts. `request` is counted from now on.
  void set_deadlines(const Deadlines& deadlines);
  /// Of sending alone, and in the kernel at once.
  void set_write_timeout(Timeout timeout);
  /// Of the whole request.
  void set_request_end(Deadline end) noexcept { request_end_ = end; }
  Deadline request_end() const noexcept { return request_end_; }
  /// A conversation begins: the next recv is its first.
  void begin_anew() noexcept { progress_ = Progress::kNothing; }
  /// What the peer says next is more of a message: the next recv waits as `read` says, though something was
  /// sent.
  void continue_message() noexcept { progress_ = Progress::kReceived; }
  /// Where a message needs no answer: it has ended, and the next recv waits as `idle` says, not `read`.
  void end_message() noexcept;

  /// A buffered file over this socket, which must outlive it. Python: makefile("rwb", buffering).
  /// Defined with SocketFile: include socketserver/io/socket_file.hpp to call it.
  SocketFile makefile(std::size_t buffer_size);
  SocketFile makefile();

  /// From any thread: ends all waiting on this socket, now and later, by shutdown(SHUT_RDWR) of its
  /// descriptor: recv gives zero bytes, send BrokenPipeError. The object must be alive; it may be closing at
  /// the same time.
  void interrupt() noexcept;
  /// As interrupt(), but for recv alone, and only where nothing has come that it would give.
  void interrupt_receiving() noexcept;

  /// For servers with many connections: long timeouts of receiving become the business of whoever advances
  /// `clock`, which outlives this or is taken back by nullptr, and then calls end_overdue_wait(): from any
  /// thread, as interrupt(); it has a recv that waits too long, and all later ones, throw TimeoutError.
  void set_watch(const WatchClock* clock) noexcept { watch_.set(clock); }
  void end_overdue_wait() noexcept;
  /// Told of the waits of recv and send from now on; it outlives this or is taken back by nullptr.
  void set_wait_observer(WaitObserver* observer) noexcept { wait_observer_ = observer; }
  /// Bytes of recv and send so far; not those of recvfrom and sendto, which several threads may call.
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t sent() const noexcept { return sent_; }
  /// For servers that fork: another process has the descriptor, too, so close() has to shut it down.
  void set_shared() noexcept { shared_ = true; }
  /// For servers: accept() that never waits; nullopt when there is nobody (any more).
  std::optional<std::pair<Fd, Address>> accept_pending();

 private:
  enum class Progress : unsigned char { kNothing, kReceived, kSent };
  struct Wait;  // a call that may have to wait: socket_transfer.cpp

  static Socket of_type(int type);
  void create_for(const Address& address);
  int wait_connected(const Address& address, int error);
  const Timeout& read_timeout() const noexcept;
  void arm(int option, const Timeout& timeout, const Timeout& left);
  std::size_t send_some_of(int file, std::uint64_t offset, std::size_t count);
  template <class Call>
  std::size_t blocking_call(const Wait& wait, Call call);
  [[noreturn]] void fail(int errnum, const char* call, const Address* to = nullptr) const;

  // In the order of their use in a conversation, for few lines of cache.
  Fd fd_;
  int family_ = AF_UNSPEC;
  int type_ = 0;
  bool blocking_ = true;
  bool listening_ = false;  // O_NONBLOCK always: a client can vanish between readiness and accept(2)
  bool shared_ = false;
  bool drained_ = false;            // the last recv took all there was
  std::uint32_t registration_ = 0;  // with a Waiter
  Progress progress_ = Progress::kNothing;
  WaitObserver* wait_observer_ = nullptr;
  std::uint64_t received_ = 0, sent_ = 0;
  Deadline request_end_;
  WaitWatch watch_;
  Timeout armed_send_, armed_receive_;  // SO_SNDTIMEO and SO_RCVTIMEO, as the kernel has them
  Deadlines timeouts_;
  std::mutex closing_;  // held while fd_ is closed or given away, and while interrupt() uses its number
};

}  // namespace socketserver
