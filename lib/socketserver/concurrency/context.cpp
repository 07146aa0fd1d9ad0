#include "socketserver/concurrency/context.hpp"

#include <cxxabi.h>

#include <cstdint>
#include <cstring>

#include "socketserver/concurrency/sanitizers.hpp"

#if defined(SOCKETSERVER_OWN_SWITCH)
extern "C" {
void socketserver_switch_stack(void** save, void* load);
void socketserver_start_stack();
}
#endif

namespace socketserver {

Context::Context()
    : exceptions_of_thread_(reinterpret_cast<Exceptions*>(abi::__cxa_get_globals())),
      tsan_fiber_(sanitizers::current_fiber()) {}

Context::Context(void* stack, std::size_t size, Entry entry, void* argument)
    : entry_(entry),
      argument_(argument),
      stack_(stack),
      size_(size),
      tsan_fiber_(sanitizers::create_fiber()) {
#if defined(SOCKETSERVER_OWN_SWITCH)
#if defined(__x86_64__)
  constexpr std::size_t kSaved = 8, kControl = 0, kEntry = 1, kArgument = 2, kReturn = 7;
#else
  constexpr std::size_t kSaved = 20, kEntry = 0, kArgument = 1, kReturn = 11;
#endif
  // Both ABIs want the stack pointer at a multiple of 16 where socketserver_start_stack begins.
  const auto top = (reinterpret_cast<std::uintptr_t>(stack) + size) & ~std::uintptr_t{15};
  auto** const frame = reinterpret_cast<void**>(top) - kSaved;
  std::memset(frame, 0, kSaved * sizeof(void*));
#if defined(__x86_64__)
  // The default control words (System V ABI, 3.2.3): all floating-point exceptions masked, round to nearest.
  const std::uint32_t control[2] = {0x1F80, 0x037F};
  std::memcpy(&frame[kControl], control, sizeof control);
#endif
  frame[kEntry] = reinterpret_cast<void*>(&Context::enter);
  frame[kArgument] = this;
  frame[kReturn] = reinterpret_cast<void*>(&socketserver_start_stack);
  stack_pointer_ = frame;
#else
  ::getcontext(&registers_);
  registers_.uc_stack.ss_sp = stack;
  registers_.uc_stack.ss_size = size;
  registers_.uc_link = nullptr;
  // makecontext(3) passes ints: the pointer goes in halves.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  ::makecontext(&registers_, reinterpret_cast<void (*)()>(+[](unsigned high, unsigned low) {
    enter(reinterpret_cast<Context*>((std::uintptr_t{high} << 32) | low));
  }),
                2, static_cast<unsigned>(std::uint64_t{self} >> 32), static_cast<unsigned>(self));
#endif
}

Context::~Context() {
  if (entry_ != nullptr && tsan_fiber_ != nullptr) sanitizers::destroy_fiber(tsan_fiber_);
}

// The first code on a new stack.
void Context::enter(Context* self) {
  Context& from = *self->came_from_;
  // Where it came from tells the bounds of a thread's own stack, which nobody else knows.
  sanitizers::finish_switch(nullptr, &from.stack_, &from.size_);
  self->entry_(self->argument_);
}

void Context::switch_to(Context& other, bool last) {
  exceptions_ = *exceptions_of_thread_;
  *exceptions_of_thread_ = other.exceptions_;
  other.exceptions_of_thread_ = exceptions_of_thread_;
  other.came_from_ = this;
  sanitizers::start_switch(last ? nullptr : &fake_stack_, other.stack_, other.size_);
  sanitizers::switch_to_fiber(other.tsan_fiber_);
#if defined(SOCKETSERVER_OWN_SWITCH)
  socketserver_switch_stack(&stack_pointer_, other.stack_pointer_);
#else
  ::swapcontext(&registers_, &other.registers_);
#endif
  Context& from = *came_from_;
  sanitizers::finish_switch(fake_stack_, &from.stack_, &from.size_);
}

}  // namespace socketserver
