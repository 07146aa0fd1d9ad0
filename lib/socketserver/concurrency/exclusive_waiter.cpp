#include "socketserver/concurrency/exclusive_waiter.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "socketserver/net/error.hpp"

#if defined(__linux__) && !defined(SOCKETSERVER_PORTABLE)
#include <sys/epoll.h>
#endif

namespace socketserver {

#if defined(EPOLLEXCLUSIVE)

ExclusiveWaiter::ExclusiveWaiter(int fd, Wakeup& hand_on) noexcept
    : shared_(fd), hand_on_(hand_on), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

ExclusiveWaiter::~ExclusiveWaiter() {
  pollfd left{shared_, POLLIN, 0};
  if (epoll_ && ::poll(&left, 1, 0) > 0) hand_on_.notify();
}

// The first wait for the socket tells what else the loop waits for, and most others are the same.
bool ExclusiveWaiter::is_usual(std::span<pollfd> fds) {
  if (!epoll_ || std::ranges::find(fds, shared_, &pollfd::fd) == fds.end()) return false;
  if (usual_.empty()) {
    for (const pollfd& one : fds) usual_.push_back(one.fd);
    if (!watch(fds)) epoll_.reset();
    return static_cast<bool>(epoll_);
  }
  return std::ranges::equal(fds, usual_, {}, &pollfd::fd);
}

bool ExclusiveWaiter::watch(std::span<pollfd> fds) noexcept {
  const auto add = [this](int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  };
  return std::ranges::all_of(fds,
                             [&](const pollfd& one) {
                               return add(one.fd, one.fd == shared_ ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN);
                             }) &&
         add(hand_on_.fileno(), EPOLLIN | EPOLLET);
}

// What was handed on, poll(2) alone knows.
int ExclusiveWaiter::wait(std::span<pollfd> fds, Deadline deadline) {
  if (!is_usual(fds)) return wait_in_poll(fds, deadline);
  for (;;) {
    epoll_event event;
    const int woken = ::epoll_wait(epoll_.get(), &event, 1, deadline.poll_timeout());
    if (woken < 0 && errno != EINTR) throw_os_error(errno, "epoll_wait");
    if (woken > 0 && event.data.fd != hand_on_.fileno()) {
      for (pollfd& one : fds) one.revents = one.fd == event.data.fd ? static_cast<short>(event.events) : 0;
      return 1;
    }
    if (const int ready = wait_in_poll(fds, Deadline::now()); ready > 0) return ready;
    if (deadline.expired()) return 0;
  }
}

#else

ExclusiveWaiter::ExclusiveWaiter(int fd, Wakeup& hand_on) noexcept : shared_(fd), hand_on_(hand_on) {}

ExclusiveWaiter::~ExclusiveWaiter() = default;

int ExclusiveWaiter::wait(std::span<pollfd> fds, Deadline deadline) { return wait_in_poll(fds, deadline); }

#endif

}  // namespace socketserver
