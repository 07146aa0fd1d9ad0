#include "socketserver/net/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// A Unix socket whose listener is full says EAGAIN and cannot be waited for, so connect() looks again: soon
// at first, and never more than 20 times a second.
constexpr std::chrono::milliseconds kFirstRetry{1}, kLastRetry{50};

void set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (flags >= 0 && wanted != flags) ::fcntl(fd, F_SETFL, wanted);
}

int connect_once(int fd, const Address& address) {
  if (::connect(fd, address.data(), address.size()) == 0) return 0;
  return errno == EINTR ? EINPROGRESS : errno;
}

template <class GetName>
Address name_of(int fd, GetName get_name, const char* call) {
  Address address;
  socklen_t size = Address::capacity;
  if (get_name(fd, address.data(), &size) < 0) throw_os_error(errno, call);
  address.set_size(size);
  return address;
}

}  // namespace

Socket::Socket(int family, int type, int protocol)
    : fd_(platform::socket(family, type, protocol)), family_(family), type_(type) {
  if (!fd_) throw_os_error(errno, "socket");
}

Socket::Socket(Fd fd) : fd_(std::move(fd)) {
  family_ = getsockname().family();
  type_ = getsockopt(SOL_SOCKET, SO_TYPE);
  blocking_ = (::fcntl(fileno(), F_GETFL) & O_NONBLOCK) == 0;
  listening_ = getsockopt(SOL_SOCKET, SO_ACCEPTCONN) != 0;
  if (listening_) set_nonblocking(fileno(), true);
}

Socket Socket::of_type(int type) {
  Socket socket;
  socket.type_ = type;
  return socket;
}

Socket::Socket(Socket&& other) noexcept { *this = std::move(other); }

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  Socket::close();
  family_ = other.family_;
  type_ = other.type_;
  blocking_ = other.blocking_;
  listening_ = other.listening_;
  shared_ = other.shared_;
  drained_ = other.drained_;
  registration_ = std::exchange(other.registration_, 0);
  progress_ = other.progress_;
  wait_observer_ = nullptr;  // as the watch below
  received_ = std::exchange(other.received_, 0);
  sent_ = std::exchange(other.sent_, 0);
  timeouts_ = other.timeouts_;
  request_end_ = other.request_end_;
  armed_receive_ = other.armed_receive_;
  armed_send_ = other.armed_send_;
  watch_.set(nullptr);  // the clock belongs to whoever watched the other
  fd_ = other.detach();
  return *this;
}

Socket::~Socket() { Socket::close(); }

void Socket::create_for(const Address& address) {
  if (fd_ || type_ == 0 || family_ != AF_UNSPEC) return;
  Fd made(platform::socket(address.family(), type_, 0));
  if (!made) throw_os_error(errno, "socket");
  {
    const std::lock_guard lock(closing_);
    fd_ = std::move(made);
  }
  if (!blocking_) set_nonblocking(fileno(), true);
  family_ = address.family();
}

void Socket::bind(const Address& address) {
  create_for(address);
  if (::bind(fileno(), address.data(), address.size()) < 0)
    throw_os_error(errno, "bind " + address.to_string());
}

void Socket::listen(int backlog) {
  if (::listen(fileno(), backlog) < 0) fail(errno, "listen");
  listening_ = true;
  set_nonblocking(fileno(), true);
}

void Socket::connect(const Address& address) {
  if (const int error = connect_ex(address)) throw_os_error(error, "connect " + address.to_string());
}

int Socket::connect_ex(const Address& address) {
  create_for(address);
  set_nonblocking(fileno(), true);
  const int error = connect_once(fileno(), address);
  return blocking_ ? wait_connected(address, error) : error;
}

int Socket::wait_connected(const Address& address, int error) {
  const Deadline end = std::min(Deadline::after(timeouts_.write), request_end_);
  for (auto pause = kFirstRetry; error == EAGAIN && family_ == AF_UNIX;
       pause = std::min(2 * pause, kLastRetry)) {
    wait_any({}, std::min(Deadline::after(pause), end));
    error = end.expired() ? ETIMEDOUT : connect_once(fileno(), address);
  }
  if (error == EINPROGRESS)
    error = wait_writable(fileno(), end) ? getsockopt(SOL_SOCKET, SO_ERROR) : ETIMEDOUT;
  set_nonblocking(fileno(), false);
  return error;
}

void Socket::shutdown(int how) {
  if (::shutdown(fileno(), how) < 0) fail(errno, "shutdown");
}

void Socket::close() noexcept {
  if (shared_) interrupt();
  detach();
}

Fd Socket::detach() noexcept {
  registration_ = 0;
  drained_ = false;
  if (!fd_) return Fd();
  const std::lock_guard lock(closing_);
  return std::move(fd_);
}

void Socket::interrupt() noexcept {
  const std::lock_guard lock(closing_);
  if (fd_) ::shutdown(fd_.get(), SHUT_RDWR);
}

void Socket::interrupt_receiving() noexcept {
  const std::lock_guard lock(closing_);
  pollfd one{fd_.get(), POLLIN, 0};
  if (fd_ && wait_in_poll({&one, 1}, Deadline::now()) == 0) ::shutdown(fd_.get(), SHUT_RD);
}

void Socket::end_overdue_wait() noexcept {
  if (!watch_.overdue()) return;
  const std::lock_guard lock(closing_);
  watch_.expire();
  if (fd_) ::shutdown(fd_.get(), SHUT_RD);
}

Address Socket::getsockname() const { return name_of(fileno(), ::getsockname, "getsockname"); }
Address Socket::getpeername() const { return name_of(fileno(), ::getpeername, "getpeername"); }

int Socket::getsockopt(int level, int name) const {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fileno(), level, name, &value, &size) < 0) fail(errno, "getsockopt");
  return value;
}

void Socket::setsockopt(int level, int name, int value) {
  if (::setsockopt(fileno(), level, name, &value, sizeof value) < 0) fail(errno, "setsockopt");
}

void Socket::setsockopt(int level, int name, std::string_view value) {
  if (::setsockopt(fileno(), level, name, value.data(), static_cast<socklen_t>(value.size())) < 0)
    fail(errno, "setsockopt");
}

void Socket::set_nodelay() noexcept {
  const int one = 1;
  if (type_ == SOCK_STREAM && family_ != AF_UNIX)
    ::setsockopt(fileno(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void Socket::settimeout(Timeout timeout) {
  blocking_ = timeout != std::chrono::nanoseconds(0);
  if (!blocking_) timeout.reset();
  if (fd_) set_nonblocking(fileno(), !blocking_ || listening_);
  timeouts_ = {timeout, timeout, timeout, timeout, timeouts_.request};
}

std::pair<Socket, Address> Socket::accept() {
  for (;;) {
    if (auto accepted = accept_pending())
      return {Socket(std::move(accepted->first), family_, type_), accepted->second};
    if (!blocking_) fail(EAGAIN, "accept");
    if (!wait_readable(fileno(), std::min(Deadline::after(timeouts_.read), request_end_)))
      fail(ETIMEDOUT, "accept");
  }
}

std::optional<std::pair<Fd, Address>> Socket::accept_pending() {
  Address peer;
  for (;;) {
    socklen_t size = Address::capacity;
    Fd fd(platform::accept(fileno(), peer.data(), &size));
    if (fd) {
      peer.set_size(size);
      return std::pair(std::move(fd), peer);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    // accept(2): errors of the network that belong to one connection which is gone already.
    const bool next = errno == EINTR || errno == ECONNABORTED || errno == EPROTO || errno == ENETDOWN ||
                      errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EPERM;
    if (!next) fail(errno, "accept");
  }
}

}  // namespace socketserver
