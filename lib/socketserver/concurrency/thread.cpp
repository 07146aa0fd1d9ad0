#include "socketserver/concurrency/thread.hpp"

#include <limits.h>

#include <algorithm>

namespace socketserver {

int create_thread(pthread_t& thread, std::size_t stack_size, void* (*body)(void*), void* argument) noexcept {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  const auto least = static_cast<std::size_t>(PTHREAD_STACK_MIN);
  if (stack_size > 0) ::pthread_attr_setstacksize(&attributes, std::max(stack_size, least));
  const sanitizers::SignalsBlocked blocked;
  const int error = ::pthread_create(&thread, &attributes, body, argument);
  ::pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace socketserver
