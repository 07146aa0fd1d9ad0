// Switching between stacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "socketserver/concurrency/cache.hpp"

#if !defined(SOCKETSERVER_PORTABLE) && (defined(__x86_64__) || defined(__aarch64__))
#define SOCKETSERVER_OWN_SWITCH 1
#else
#include <ucontext.h>
#endif

namespace socketserver {

/// Where a flow of control stands while another one runs on the same thread: its stack and registers, its
/// exceptions in flight, and what sanitizers must be told. One made by default stands for a thread's own
/// stack.
class Context {
 public:
  using Entry = void (*)(void* argument);

  /// The thread's own.
  Context();
  /// Will call entry(argument) on the `size` bytes at `stack` when it is first switched to. `entry` must
  /// never return: its last act is switch_to() with `last`. The memory must outlive it.
  Context(void* stack, std::size_t size, Entry entry, void* argument);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// From the context that runs, which must be this one: goes on in `other`; returns when somebody switches
  /// back. `last`: this one will never run again.
  void switch_to(Context& other, bool last = false);
  /// Has the cache fetch what it will need when it goes on: worth it for one that comes next.
  void prefetch() const noexcept {
#if defined(SOCKETSERVER_OWN_SWITCH)
    constexpr std::size_t kLines = 12;  // of the frames that wait in a call of Socket
    socketserver::prefetch(stack_pointer_, kLines);
#endif
  }

 private:
  // The C++ runtime's per-thread state of exceptions (Itanium C++ ABI, __cxa_eh_globals).
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  static void enter(Context* self);

  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  Exceptions exceptions_;                       // while others run
  Exceptions* exceptions_of_thread_ = nullptr;  // of the one that runs
#if defined(SOCKETSERVER_OWN_SWITCH)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t registers_;
#endif
  // For AddressSanitizer and ThreadSanitizer; unused without them.
  const void* stack_ = nullptr;
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;
  void* tsan_fiber_ = nullptr;
  Context* came_from_ = nullptr;
};

}  // namespace socketserver
