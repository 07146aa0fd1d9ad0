// The calls of Socket that wait for data or for room.
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/socket.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

// A Unix datagram socket counts as writable although the receiver it sends to has no room, so sendto() looks
// again: soon enough for a conversation, and too seldom to cost anything.
constexpr auto kFullReceiverPause = 5ms;

// Calls in a row that need not wait before the Waiter is asked all the same: few enough for it to do within a
// fraction of a millisecond what it is there for, enough to cost nothing.
constexpr unsigned kTurn = 256;
thread_local unsigned calls_in_a_row = 0;

bool would_block(int errnum) { return errnum == EAGAIN || errnum == EWOULDBLOCK; }

class ToldWait {
 public:
  ToldWait(WaitObserver* observer, short events) : observer_(observer) {
    if (observer_ != nullptr)
      observer_->wait_begins(events == POLLIN ? WaitObserver::For::kData : WaitObserver::For::kRoom);
  }
  ~ToldWait() {
    if (observer_ != nullptr) observer_->wait_ends();
  }
  ToldWait(const ToldWait&) = delete;
  ToldWait& operator=(const ToldWait&) = delete;

 private:
  WaitObserver* const observer_;
};

}  // namespace

// `to` is whom the call went to, else the peer.
void Socket::fail(int errnum, const char* call, const Address* to) const {
  std::string what = call;
  Address peer;
  socklen_t size = Address::capacity;
  if (to != nullptr) {
    what += " " + to->to_string();
  } else if (::getpeername(fileno(), peer.data(), &size) == 0) {
    peer.set_size(size);
    what += " " + peer.to_string();
  }
  throw_os_error(errnum, what);
}

const Timeout& Socket::read_timeout() const noexcept {
  if (progress_ == Progress::kNothing) return timeouts_.first_byte;
  return progress_ == Progress::kSent ? timeouts_.idle : timeouts_.read;
}

/// What waits: a call that `events` let go on, with its timeout and its flags.
struct Socket::Wait {
  Socket& socket;
  const char* name;
  short events;
  const Timeout& timeout;
  int flags;
  const Address* to = nullptr;

  [[noreturn]] void fail(int errnum) const { socket.fail(errnum, name, to); }
  bool asks_first() const noexcept;
  template <class Call>
  std::size_t asking_first(Call call) const;
  template <class Call>
  std::size_t blocking(Call call) const;
  template <class Call>
  std::size_t in_kernel(Call call) const;
  template <class Call>
  std::size_t in_watch(Call call) const;
  int unacknowledged() const noexcept;
  bool went_on(int& unacknowledged) const noexcept;
  bool wait_in_waiter(Deadline end) const;
  template <class Call>
  std::size_t in_waiter(Call call) const;
};

// Whether a blocking call waits, as an observer wants to know, is seen only by one that does not. And most
// sends have room, so that the kernel need not be told how long they may wait.
bool Socket::Wait::asks_first() const noexcept {
  return socket.wait_observer_ != nullptr || events == POLLOUT;
}

int Socket::Wait::unacknowledged() const noexcept {
  return events == POLLOUT && to == nullptr ? platform::unacknowledged(socket.fileno()) : -1;
}

// That there is room is told only once much of it is free: a slow peer may have taken bytes all the time.
bool Socket::Wait::went_on(int& unacknowledged) const noexcept {
  const int before = std::exchange(unacknowledged, this->unacknowledged());
  return unacknowledged < before;
}

template <class Call>
std::size_t Socket::Wait::asking_first(Call call) const {
  if (socket.request_end_.expired()) fail(ETIMEDOUT);
  const ssize_t n = call(flags | MSG_DONTWAIT);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno != EINTR && !would_block(errno)) fail(errno);
  const ToldWait told(socket.wait_observer_, events);
  return blocking(call);
}

template <class Call>
std::size_t Socket::Wait::blocking(Call call) const {
  if (events == POLLIN && socket.request_end_.is_never() && socket.watch_.covers(timeout))
    return in_watch(call);
  return in_kernel(call);
}

// One system call for each call of ours: the kernel waits, with its own timeouts.
template <class Call>
std::size_t Socket::Wait::in_kernel(Call call) const {
  Deadline end = socket.request_end_;
  int waiting = unacknowledged();
  const int option = events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
  const Timeout& armed = events == POLLIN ? socket.armed_receive_ : socket.armed_send_;
  for (;;) {
    const Timeout left = end.is_never() ? Timeout() : end.remaining();
    if (left && left->count() == 0) fail(ETIMEDOUT);
    if (left || timeout != armed) socket.arm(option, timeout, left);
    const ssize_t n = call(flags);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINTR) {
      end = std::min(end, Deadline::after(timeout));  // signals must not make the wait start anew for ever
    } else if (!would_block(errno)) {
      fail(errno);
    } else if (armed == timeout && !went_on(waiting)) {
      fail(ETIMEDOUT);
    }
  }
}

// The same without a timer: whoever looks after the watch ends a wait that takes too long.
template <class Call>
std::size_t Socket::Wait::in_watch(Call call) const {
  if (socket.armed_receive_) socket.arm(SO_RCVTIMEO, {}, {});
  socket.watch_.begin(timeout);
  ssize_t n;
  do n = call(flags);
  while (n < 0 && errno == EINTR);
  socket.watch_.end();
  if (n < 0) fail(errno);
  if (n == 0 && socket.watch_.expired()) fail(ETIMEDOUT);
  return static_cast<std::size_t>(n);
}

// False when the deadline came first. A datagram's way is one that many share, who each look at its state.
bool Socket::Wait::wait_in_waiter(Deadline end) const {
  if (to == nullptr) return current_waiter->wait_for_edge(socket.fileno(), events, end, socket.registration_);
  if (socket.family_ != AF_UNIX) {
    pollfd one{socket.fileno(), events, 0};
    return current_waiter->wait({&one, 1}, end) > 0;
  }
  const Deadline pause = std::min(end, Deadline::after(kFullReceiverPause));
  wait_any({}, pause);
  return pause.expired() && !end.expired();  // a Waiter may end waits before their time
}

// Asks without blocking, and waits where everything waits.
template <class Call>
std::size_t Socket::Wait::in_waiter(Call call) const {
  const bool may_wait = socket.blocking_ && (flags & MSG_DONTWAIT) == 0;
  bool wait_first = may_wait && events == POLLIN && socket.drained_;
  int waiting = -1;
  for (Deadline end;;) {
    if (socket.request_end_.expired()) fail(ETIMEDOUT);
    if (!std::exchange(wait_first, false)) {
      const ssize_t n = call(flags | MSG_DONTWAIT);
      if (n >= 0) {
        if (may_wait && ++calls_in_a_row % kTurn == 0) wait_any({}, Deadline::now());
        return static_cast<std::size_t>(n);
      }
      if (errno == EINTR) continue;
      if (!would_block(errno) || !may_wait) fail(errno);
    }
    if (end.is_never()) {
      end = std::min(Deadline::after(timeout), socket.request_end_);
      waiting = unacknowledged();
    }
    const ToldWait told(socket.wait_observer_, events);
    if (wait_in_waiter(end)) continue;
    if (!went_on(waiting)) fail(ETIMEDOUT);
    end = Deadline::never();
  }
}

template <class Call>
std::size_t Socket::blocking_call(const Wait& wait, Call call) {
  const bool kernel_waits = blocking_ && current_waiter == nullptr && (wait.flags & MSG_DONTWAIT) == 0;
  if (!kernel_waits) return wait.in_waiter(call);
  return wait.asks_first() ? wait.asking_first(call) : wait.blocking(call);
}

std::string Socket::recv(std::size_t size, int flags) {
  std::string data(size, '\0');
  data.resize(recv_into(data, flags));
  return data;
}

std::size_t Socket::recv_into(std::span<char> buffer, int flags) {
  const std::size_t got = blocking_call({*this, "recv", POLLIN, read_timeout(), flags}, [&](int all_flags) {
    return ::recv(fileno(), buffer.data(), buffer.size(), all_flags);
  });
  if (got > 0) progress_ = Progress::kReceived;
  received_ += got;
  // Of a Unix socket recv stops where messages came with different rights, too.
  drained_ = got > 0 && got < buffer.size() && flags == 0 && type_ == SOCK_STREAM && family_ != AF_UNIX;
  return got;
}

std::size_t Socket::send(std::string_view data, int flags) {
  const std::size_t sent =
      blocking_call({*this, "send", POLLOUT, timeouts_.write, flags | MSG_NOSIGNAL},
                    [&](int all_flags) { return ::send(fileno(), data.data(), data.size(), all_flags); });
  progress_ = Progress::kSent;
  sent_ += sent;
  return sent;
}

// Of a descriptor that does not block: sendfile(2) has no flag for that.
std::size_t Socket::send_some_of(int file, std::uint64_t offset, std::size_t count) {
  const std::size_t sent = blocking_call({*this, "sendfile", POLLOUT, timeouts_.write, 0}, [&](int) {
    return platform::send_file(fileno(), file, offset, count);
  });
  progress_ = Progress::kSent;
  sent_ += sent;
  return sent;
}

void Socket::sendall(std::string_view data, int flags) {
  do data.remove_prefix(send(data, flags));
  while (!data.empty());
}

std::pair<std::string, Address> Socket::recvfrom(std::size_t size, int flags) {
  std::string data(size, '\0');
  auto [got, from] = recvfrom_into(data, flags);
  data.resize(got);
  return {std::move(data), from};
}

std::pair<std::size_t, Address> Socket::recvfrom_into(std::span<char> buffer, int flags) {
  Address from;
  socklen_t size = 0;
  const std::size_t got =
      blocking_call({*this, "recvfrom", POLLIN, timeouts_.read, flags}, [&](int all_flags) {
        size = Address::capacity;
        return ::recvfrom(fileno(), buffer.data(), buffer.size(), all_flags, from.data(), &size);
      });
  from.set_size(size);
  return {got, from};
}

std::size_t Socket::sendto(std::string_view data, const Address& address, int flags) {
  create_for(address);
  iovec bytes{const_cast<char*>(data.data()), data.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(address.data());
  message.msg_namelen = address.size();
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return blocking_call(
      {*this, "sendto", POLLOUT, timeouts_.write, flags | MSG_NOSIGNAL, &address}, [&](int all_flags) {
        return current_waiter == nullptr ? ::sendmsg(fileno(), &message, all_flags)
                                         : current_waiter->send_message(fileno(), message, all_flags);
      });
}

}  // namespace socketserver
