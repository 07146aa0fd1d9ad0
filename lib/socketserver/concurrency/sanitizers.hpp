// What AddressSanitizer and ThreadSanitizer must be told of stacks that are switched; nothing without them.
#pragma once

#include <cstddef>

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
/// For threads and fibers that a signal may meet: loses none from here on. The runtime keeps a signal for the
/// fiber that it met, until one of some calls, of which this is one; and those of clang 14 and g++ 12 lose
/// one that comes during the first such call.
inline void expect_signals() { usleep(0); }
/// Must be called before the switch.
inline void switch_to_fiber(void* fiber) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  expect_signals();
  __tsan_switch_to_fiber(fiber, 0);
  expect_signals();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
#else
inline void* current_fiber() { return nullptr; }
inline void* create_fiber() { return nullptr; }
inline void destroy_fiber(void*) {}
inline void expect_signals() {}
inline void switch_to_fiber(void*) {}
#endif

}  // namespace socketserver::sanitizers
