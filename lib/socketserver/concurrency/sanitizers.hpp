// What AddressSanitizer and ThreadSanitizer must be told of stacks that are switched; nothing without them.
#pragma once

#include <cstddef>
#include <initializer_list>

#if defined(__SANITIZE_ADDRESS__)
#define SOCKETSERVER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define SOCKETSERVER_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOCKETSERVER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define SOCKETSERVER_TSAN 1
#endif
#endif

#if defined(SOCKETSERVER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(SOCKETSERVER_TSAN)
#include <sanitizer/tsan_interface.h>
#include <signal.h>
#include <unistd.h>
#endif

namespace socketserver::sanitizers {

#if defined(SOCKETSERVER_ASAN)
inline void start_switch(void** fake_stack, const void* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
}
inline void finish_switch(void* fake_stack, const void** bottom, std::size_t* size) {
  __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
}
/// Of frames that were left without returning.
inline void unpoison(void* stack, std::size_t size) { __asan_unpoison_memory_region(stack, size); }
#else
inline void unpoison(void*, std::size_t) {}
inline void start_switch(void**, const void*, std::size_t) {}
inline void finish_switch(void*, const void**, std::size_t*) {}
#endif

#if defined(SOCKETSERVER_TSAN)
inline void* current_fiber() { return __tsan_get_current_fiber(); }
inline void* create_fiber() { return __tsan_create_fiber(0); }
inline void destroy_fiber(void* fiber) { __tsan_destroy_fiber(fiber); }
/// No signal but those of faults meets the thread that has one, nor threads that it starts meanwhile.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};
/// The runtime keeps a signal for the thread or fiber that it met until one of some calls, of which usleep is
/// one; and those of clang 14 and g++ 12 lose a signal that comes during the first such call.
inline void expect_signals() {
  const SignalsBlocked blocked;
  usleep(0);
}
/// For a wait that the runtime does not know: what was released there by a call that it knows is seen.
inline void acquire(void* released) { __tsan_acquire(released); }
/// Must be called before the switch; inline, since the end of a function would count for the fiber it did not
/// begin in.
[[gnu::always_inline]] inline void switch_to_fiber(void* fiber) {
  const SignalsBlocked blocked;
  expect_signals();
  __tsan_switch_to_fiber(fiber, 0);
  expect_signals();
}
#else
inline void* current_fiber() { return nullptr; }
inline void* create_fiber() { return nullptr; }
inline void destroy_fiber(void*) {}
struct SignalsBlocked {
  SignalsBlocked() {}
};
inline void expect_signals() {}
inline void acquire(void*) {}
inline void switch_to_fiber(void*) {}
#endif

}  // namespace socketserver::sanitizers
