// Fibers: flows of control with stacks of their own that share a thread, and the event loop they wait in.
#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstdint>
#include <memory>
#include <new>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "socketserver/concurrency/cache.hpp"
#include "socketserver/concurrency/context.hpp"
#include "socketserver/concurrency/overflow_guard.hpp"
#include "socketserver/concurrency/poller.hpp"
#include "socketserver/concurrency/stack_pool.hpp"
#include "socketserver/net/send_batch.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {

/// What a fiber runs.
class FiberBody {
 public:
  virtual ~FiberBody() = default;
  virtual void run() noexcept = 0;
};

/// Runs fibers one at a time, each until it waits. Installed as the Waiter of its thread, it makes every wait
/// of Socket, rfile and wfile, wait_any() and what stands on them suspend the fiber alone. All else that
/// blocks, files and locks among them, blocks all fibers of the thread; so does a handler that computes.
///
/// The thread's own flow, from which the loop is used, is the main fiber, and waits as the others do. One
/// thread.
class FiberLoop : public Waiter {
 public:
  /// Address space of each stack; memory is used only where it was touched. Room for the 64 KiB buffers of an
  /// echo handler and what it calls.
  static constexpr std::size_t kStackSize = std::size_t{256} << 10;

  explicit FiberLoop(std::size_t stack_size = kStackSize, std::unique_ptr<Poller> poller = make_poller());
  /// REQUIRES: no fibers.
  ~FiberLoop() override;

  /// A fiber that will run a Body made of `arguments`, which lives on the fiber's own stack. Throws OSError
  /// when there is no memory for a stack, and has then touched no argument.
  template <std::derived_from<FiberBody> Body, class... Arguments>
  void start(Arguments&&... arguments) {
    static_assert(std::is_nothrow_constructible_v<Body, Arguments...> && alignof(Body) <= kCacheLine);
    void* const stack = stacks_.take();
    void* const place = below(static_cast<char*>(stack) + stacks_.stack_size(), sizeof(Body));
    start_on(stack, place, *new (place) Body(std::forward<Arguments>(arguments)...));
  }
  /// That have not ended, the main one not counted.
  std::size_t size() const noexcept { return size_; }
  /// From the main fiber: waits until there is none; false when the deadline came first.
  bool join_all(Deadline deadline);
  /// Lets the other fibers that are ready run first, of those that become ready at this moment, too.
  void yield();
  /// The same without looking for those.
  void run_others();

  /// For a descriptor that the main fiber waits for again and again: it stays registered until forget(). It
  /// must not be closed before. REQUIRES: fd >= 0.
  void keep(int fd);
  void forget(int fd) noexcept;

  int wait(std::span<pollfd> fds, Deadline deadline) override;
  bool wait_for_edge(int fd, short events, Deadline deadline, std::uint32_t& registration) override;
  /// While other fibers are ready, the message waits for theirs.
  ssize_t send_message(int fd, const msghdr& message, int flags) override;

 private:
  struct Fiber;
  struct Wait;
  struct Unlink;
  class Waits;
  /// What is known of a descriptor.
  struct Slot {
    Wait* waits = nullptr;
    // Changes that nobody has waited for yet.
    bool readable = false, writable = false;
    // The peer has closed, or sent urgent data, where recv stops: a recv may not have to wait, though nothing
    // changes any more.
    bool unsure = false;
    bool kept = false;       // registered, until forget()
    bool of_socket = false;  // registered by one, which may have closed it since
  };
  // A page of memory: the kernel gives out the lowest numbers first, so few blocks are used in part.
  static constexpr std::size_t kSlots = 256;
  using Slots = std::array<Slot, kSlots>;

  static void* below(void* top, std::size_t size) noexcept {
    return reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(top) - size) / kCacheLine * kCacheLine);
  }
  void start_on(void* stack, void* top, FiberBody& body) noexcept;
  static void enter(void* fiber);
  [[noreturn]] void end(Fiber& fiber);
  void suspend();
  void bury() noexcept;
  Fiber& next_ready();
  void send_batch() noexcept;
  void make_ready(Fiber& fiber) noexcept;
  void poll(Deadline deadline);
  void tell(const Poller::Event& event);
  void set_timer(Fiber& fiber, Deadline deadline);
  void fire_timers();
  void suspend_until(Deadline deadline);
  void link(Slot& at, Wait& wait);
  void unlink(Wait& wait) noexcept;
  static short wanted(const Slot& at) noexcept;
  Slot& slot(int fd) {
    assert(fd >= 0);
    const std::size_t block = static_cast<std::size_t>(fd) / kSlots;
    while (block >= slots_.size()) slots_.push_back(std::make_unique<Slots>());
    return (*slots_[block])[static_cast<std::size_t>(fd) % kSlots];
  }

  std::unique_ptr<Poller> poller_;
  StackPool stacks_;
  const OverflowGuard guard_{stacks_};
  std::uint32_t id_;                           // of registrations: never 0, and never another loop's
  std::vector<std::unique_ptr<Slots>> slots_;  // by descriptor; in blocks, since waits point into them
  std::unique_ptr<Fiber> main_;
  Fiber* current_;
  Fiber* ended_ = nullptr;  // whose stack nobody stands on any more
  Fiber* ready_ = nullptr;  // a queue
  Fiber** ready_end_ = &ready_;
  SendBatch batch_;
  std::array<Fiber*, SendBatch::kMessages> senders_;  // who waits for what is in it
  std::size_t size_ = 0;
  bool main_joins_ = false;
  std::set<std::pair<Deadline, Fiber*>> timers_;
};

}  // namespace socketserver
