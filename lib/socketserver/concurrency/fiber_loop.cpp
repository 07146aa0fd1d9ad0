#include "socketserver/concurrency/fiber_loop.hpp"

#include <atomic>
#include <cassert>
#include <cerrno>
#include <memory>

namespace socketserver {
namespace {

// Of the cache, from a Fiber on: it, its body, and the body's connection.
constexpr std::size_t kFiberLines = 9;

std::uint32_t next_id() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

}  // namespace

/// On its own stack, below the body; the thread's own elsewhere.
struct FiberLoop::Fiber {
  explicit Fiber(FiberLoop& of) : loop(of) {}
  Fiber(FiberLoop& of, void* on, FiberBody& what)
      : loop(of),
        stack(on),
        body(&what),
        context(on, static_cast<std::size_t>(reinterpret_cast<char*>(this) - static_cast<char*>(on)),
                &FiberLoop::enter, this) {}

  FiberLoop& loop;
  void* stack = nullptr;
  FiberBody* body = nullptr;
  Context context;
  Fiber* next = nullptr;  // in the queue of those that are ready
  bool ready = false;
  Deadline wakes;  // at the latest
  Deadline timer;  // the one in timers_, which may be earlier; never: none
};

FiberLoop::FiberLoop(std::size_t stack_size, std::unique_ptr<Poller> poller)
    : poller_(std::move(poller)),
      stacks_(stack_size),
      id_(next_id()),
      main_(std::make_unique<Fiber>(*this)),
      current_(main_.get()) {}

FiberLoop::~FiberLoop() {
  bury();
  assert(size_ == 0 && current_ == main_.get());
}

// ---- fibers ----

void FiberLoop::start_on(void* stack, void* top, FiberBody& body) noexcept {
  ++size_;
  make_ready(*new (below(top, sizeof(Fiber))) Fiber(*this, stack, body));
}

void FiberLoop::enter(void* entered) {
  Fiber& fiber = *static_cast<Fiber*>(entered);
  fiber.loop.bury();
  fiber.body->run();
  std::destroy_at(fiber.body);
  fiber.loop.end(fiber);
}

void FiberLoop::end(Fiber& fiber) {
  if (!fiber.timer.is_never()) timers_.erase({fiber.timer, &fiber});
  if (--size_ == 0 && main_joins_) make_ready(*main_);
  bury();
  ended_ = &fiber;
  Fiber& next = next_ready();
  current_ = &next;
  fiber.context.switch_to(next.context, true);
  __builtin_unreachable();
}

// Only once another stack is in use.
void FiberLoop::bury() noexcept {
  if (ended_ == nullptr) return;
  Fiber* const fiber = std::exchange(ended_, nullptr);
  void* const stack = fiber->stack;
  std::destroy_at(fiber);
  stacks_.give_back(stack);
}

void FiberLoop::suspend() {
  Fiber& self = *current_;
  Fiber& next = next_ready();
  if (&next == &self) return;
  current_ = &next;
  self.context.switch_to(next.context);
  bury();
}

FiberLoop::Fiber& FiberLoop::next_ready() {
  if (ready_ == nullptr || batch_.full()) send_batch();
  while (ready_ == nullptr) poll(timers_.empty() ? Deadline::never() : timers_.begin()->first);
  Fiber& next = *ready_;
  ready_ = next.next;
  if (ready_ == nullptr) ready_end_ = &ready_;
  next.ready = false;
  // Among thousands of connections, what a fiber needs has left the caches since it ran last.
  if (ready_ != nullptr) {
    prefetch(ready_, kFiberLines);
    ready_->context.prefetch();
    if (ready_->next != nullptr) __builtin_prefetch(ready_->next);
  }
  return next;
}

void FiberLoop::make_ready(Fiber& fiber) noexcept {
  if (std::exchange(fiber.ready, true)) return;
  fiber.next = nullptr;
  *ready_end_ = &fiber;
  ready_end_ = &fiber.next;
}

void FiberLoop::yield() {
  send_batch();  // those that are always ready must not keep it waiting
  make_ready(*current_);
  poll(Deadline::now());
  suspend();
}

void FiberLoop::run_others() {
  make_ready(*current_);
  suspend();
}

bool FiberLoop::join_all(Deadline deadline) {
  assert(current_ == main_.get());
  main_joins_ = true;
  while (size_ > 0 && !deadline.expired()) suspend_until(deadline);
  main_joins_ = false;
  bury();
  return size_ == 0;
}

// ---- messages ----

ssize_t FiberLoop::send_message(int fd, const msghdr& message, int flags) {
  if (ready_ == nullptr && batch_.empty()) return Waiter::send_message(fd, message, flags);
  Sent sent;
  senders_[batch_.size()] = current_;
  batch_.add(fd, message, flags, sent);
  suspend();
  errno = sent.error;
  return sent.result;
}

void FiberLoop::send_batch() noexcept {
  const std::size_t count = batch_.size();
  batch_.send();
  for (std::size_t i = 0; i < count; ++i) make_ready(*senders_[i]);
}

// ---- time ----

void FiberLoop::suspend_until(Deadline deadline) {
  Fiber& self = *current_;
  self.wakes = deadline;
  if (!deadline.is_never()) set_timer(self, deadline);
  suspend();
  self.wakes = Deadline::never();
}

// A timer that fires too early is set anew then: most waits end long before, and so cost nothing here.
void FiberLoop::set_timer(Fiber& fiber, Deadline deadline) {
  if (fiber.timer <= deadline) return;
  timers_.emplace(deadline, &fiber);
  if (!fiber.timer.is_never()) timers_.erase({fiber.timer, &fiber});
  fiber.timer = deadline;
}

void FiberLoop::fire_timers() {
  while (!timers_.empty() && timers_.begin()->first.expired()) {
    Fiber& fiber = *timers_.begin()->second;
    timers_.erase(timers_.begin());
    fiber.timer = Deadline::never();
    if (fiber.wakes.expired())
      make_ready(fiber);
    else if (!fiber.wakes.is_never())
      set_timer(fiber, fiber.wakes);
  }
}

}  // namespace socketserver
