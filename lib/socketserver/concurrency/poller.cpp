#include "socketserver/concurrency/poller.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "socketserver/net/error.hpp"
#include "socketserver/net/fd.hpp"
#include "socketserver/net/wait.hpp"

#if defined(__linux__) && !defined(SOCKETSERVER_PORTABLE)
#include <sys/epoll.h>
#define SOCKETSERVER_EPOLL 1
#endif

namespace socketserver {
namespace {

class PollPoller : public Poller {
 public:
  bool add(int) override { return true; }
  void remove(int fd) noexcept override { want(fd, 0); }
  void want(int fd, short events) override {
    const auto found = std::ranges::find(wanted_, fd, &pollfd::fd);
    if (events == 0) {
      if (found == wanted_.end()) return;
      *found = wanted_.back();
      wanted_.pop_back();
    } else if (found == wanted_.end()) {
      wanted_.push_back({fd, events, 0});
    } else {
      found->events = events;
    }
  }
  std::span<const Event> wait(Deadline deadline) override {
    wait_in_poll(wanted_, deadline);
    events_.clear();
    for (const pollfd& one : wanted_)
      if (one.revents != 0) events_.push_back({one.fd, one.revents});
    return events_;
  }

 private:
  std::vector<pollfd> wanted_;
  std::vector<Event> events_;
};

#if defined(SOCKETSERVER_EPOLL)

// Enough for a system call to cost little for each of them, and so few that what telling of them touched is
// still in the caches when their fibers run.
constexpr int kMostEvents = 16;

class EpollPoller : public Poller {
 public:
  EpollPoller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), events_(kMostEvents), told_(kMostEvents) {
    if (!epoll_) throw_os_error(errno, "epoll_create1");
  }
  bool add(int fd) override {
    if (control(EPOLL_CTL_ADD, fd) == 0) return true;
    // Set anew, it tells anew.
    if (errno == EEXIST && control(EPOLL_CTL_MOD, fd) == 0) return false;
    if (errno == EPERM) return true;  // a file, whose state never changes
    throw_os_error(errno, "epoll_ctl");
  }
  void remove(int fd) noexcept override { control(EPOLL_CTL_DEL, fd); }
  void want(int, short) override {}
  std::span<const Event> wait(Deadline deadline) override {
    int ready;
    do ready = ::epoll_wait(epoll_.get(), events_.data(), kMostEvents, deadline.poll_timeout());
    while (ready < 0 && errno == EINTR);  // a little later than asked, after a signal
    if (ready < 0) throw_os_error(errno, "epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      // epoll's bits are those of poll (linux/eventpoll.h).
      told_[static_cast<std::size_t>(i)] = {event.data.fd, static_cast<short>(event.events)};
    }
    return {told_.data(), static_cast<std::size_t>(ready)};
  }

 private:
  int control(int operation, int fd) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  Fd epoll_;
  std::vector<epoll_event> events_;
  std::vector<Event> told_;
};

#endif

}  // namespace

std::unique_ptr<Poller> make_portable_poller() { return std::make_unique<PollPoller>(); }

std::unique_ptr<Poller> make_poller() {
#if defined(SOCKETSERVER_EPOLL)
  return std::make_unique<EpollPoller>();
#else
  return make_portable_poller();
#endif
}

}  // namespace socketserver
