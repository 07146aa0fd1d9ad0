// The threads of this library.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <thread>
#include <utility>

#include "socketserver/concurrency/sanitizers.hpp"

namespace socketserver {

/// Runs body(argument) in a new thread with a stack of at least `stack_size` bytes, 0 for the system's
/// default. Whoever calls joins it. 0, or the errno.
int create_thread(pthread_t& thread, std::size_t stack_size, void* (*body)(void*), void* argument) noexcept;

/// A thread with the system's stack, for what is no handler of a user. Throws what std::thread throws.
template <class Body>
std::thread start_thread(Body body) {
  const sanitizers::SignalsBlocked blocked;
  return std::thread(std::move(body));
}

}  // namespace socketserver
