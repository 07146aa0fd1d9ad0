// Threads with a stack of a chosen size, which std::thread does not have.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace socketserver {

/// Runs body(argument) in a new thread with a stack of at least `stack_size` bytes, 0 for the system's
/// default. Whoever calls joins it. 0, or the errno.
int create_thread(pthread_t& thread, std::size_t stack_size, void* (*body)(void*), void* argument) noexcept;

}  // namespace socketserver
