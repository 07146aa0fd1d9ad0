// How the fibers of a FiberLoop wait for descriptors.
#include <poll.h>

#include <array>
#include <vector>

#include "socketserver/concurrency/fiber_loop.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {
namespace {

// Descriptors in a wait that need no allocation: a command waits for four.
constexpr std::size_t kFewWaits = 4;

bool readable_now(int fd) {
  pollfd one{fd, POLLIN, 0};
  return wait_in_poll({&one, 1}, Deadline::now()) > 0;
}

}  // namespace

/// A fiber that waits for a descriptor, in the list of its slot.
struct FiberLoop::Wait {
  int fd = -1;
  short events = 0;
  bool told = false;
  Slot* slot = nullptr;
  Fiber* fiber = nullptr;
  Wait* next = nullptr;
  Wait** link = nullptr;  // what points to this one
};

struct FiberLoop::Unlink {
  FiberLoop& loop;
  Wait& wait;
  ~Unlink() { loop.unlink(wait); }
};

/// Those of any descriptors, as long as it lives.
class FiberLoop::Waits {
 public:
  Waits(FiberLoop& loop, std::span<Wait> waits) : loop_(loop), waits_(waits) {
    try {
      for (Wait& wait : waits_) begin(wait);
    } catch (...) {
      end();
      throw;
    }
  }
  ~Waits() { end(); }
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

 private:
  void begin(Wait& wait) {
    if (wait.fd < 0) return;
    Slot& at = loop_.slot(wait.fd);
    loop_.link(at, wait);
    if (!at.kept) loop_.poller_->add(wait.fd);
  }
  void end() noexcept {
    for (Wait& wait : waits_) {
      if (wait.link == nullptr) continue;
      loop_.unlink(wait);
      const Slot& left = *wait.slot;
      if (left.waits == nullptr && !left.kept && !left.of_socket) loop_.poller_->remove(wait.fd);
    }
  }

  FiberLoop& loop_;
  const std::span<Wait> waits_;
};

void FiberLoop::poll(Deadline deadline) {
  const std::span<const Poller::Event> events = poller_->wait(deadline);
  // All at once, since the pages of their stacks must be looked up as well.
  for (const Poller::Event& event : events) prefetch(slot(event.fd).waits, 1);
  for (const Poller::Event& event : events) tell(event);
  fire_timers();
}

void FiberLoop::tell(const Poller::Event& event) {
  Slot& told = slot(event.fd);
  constexpr short kBroken = POLLERR | POLLHUP | POLLNVAL;
  if ((event.events & (POLLIN | kBroken)) != 0) told.readable = true;
  if ((event.events & (POLLOUT | kBroken)) != 0) told.writable = true;
  if ((event.events & (POLLPRI | platform::kPeerClosed)) != 0) told.unsure = true;
  for (Wait* wait = told.waits; wait != nullptr; wait = wait->next) {
    if ((event.events & (wait->events | kBroken)) == 0) continue;
    wait->told = true;
    make_ready(*wait->fiber);
  }
}

void FiberLoop::link(Slot& at, Wait& wait) {
  poller_->want(wait.fd, static_cast<short>(wanted(at) | wait.events | POLLERR));
  wait.slot = &at;
  wait.fiber = current_;
  wait.next = at.waits;
  wait.link = &at.waits;
  if (at.waits != nullptr) at.waits->link = &wait.next;
  at.waits = &wait;
}

void FiberLoop::unlink(Wait& wait) noexcept {
  *wait.link = wait.next;
  if (wait.next != nullptr) wait.next->link = wait.link;
  poller_->want(wait.fd, wanted(*wait.slot));
}

// POLLERR is told anyhow: it stands for one that waits for nothing else.
short FiberLoop::wanted(const Slot& at) noexcept {
  short events = 0;
  for (const Wait* wait = at.waits; wait != nullptr; wait = wait->next) events |= wait->events | POLLERR;
  return events;
}

void FiberLoop::keep(int fd) {
  Slot& kept = slot(fd);
  if (std::exchange(kept.kept, true)) return;
  poller_->add(fd);
}

void FiberLoop::forget(int fd) noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) / kSlots >= slots_.size()) return;
  if (std::exchange(slot(fd).kept, false)) poller_->remove(fd);
}

// The wait of a socket that has nothing, as its last call told: what came since then is remembered.
bool FiberLoop::wait_for_edge(int fd, short events, Deadline deadline, std::uint32_t& registration) {
  Slot& at = slot(fd);
  if (registration != id_) {
    at = Slot{.waits = at.waits, .of_socket = true};
    poller_->add(fd);
    registration = id_;
  }
  bool& edge = events == POLLIN ? at.readable : at.writable;
  for (bool waited = false, told = false;; waited = true) {
    if (std::exchange(edge, false) || told) return true;
    if (events == POLLIN && at.unsure && readable_now(fd)) return true;
    // Most deadlines are far away: to look at the clock after the wait, for the others, is enough.
    if (deadline == Deadline::now() || (waited && deadline.expired())) return false;
    Wait wait{fd, events};
    link(at, wait);
    const Unlink unlink{*this, wait};
    suspend_until(deadline);
    told = wait.told;
  }
}

// Of any descriptors, whose state alone counts, as in poll(2).
int FiberLoop::wait(std::span<pollfd> fds, Deadline deadline) {
  if (deadline == Deadline::now()) yield();
  if (fds.empty() && deadline == Deadline::now()) return 0;
  if (const int ready = wait_in_poll(fds, Deadline::now()); ready > 0) {
    if (deadline != Deadline::now()) yield();  // whoever is always ready must not keep the others waiting
    return ready;
  }
  std::array<Wait, kFewWaits> few;
  std::vector<Wait> many(fds.size() > few.size() ? fds.size() : 0);
  const std::span<Wait> waits(many.empty() ? few.data() : many.data(), fds.size());
  while (!deadline.expired()) {
    for (std::size_t i = 0; i < fds.size(); ++i) waits[i] = {fds[i].fd, fds[i].events};
    {
      const Waits waiting(*this, waits);
      suspend_until(deadline);
    }
    if (const int ready = wait_in_poll(fds, Deadline::now()); ready > 0) return ready;
  }
  return 0;
}

}  // namespace socketserver
