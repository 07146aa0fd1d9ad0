// What happens when a fiber's stack overflows.
#pragma once

#include <signal.h>

#include <memory>

#include "socketserver/concurrency/stack_pool.hpp"

namespace socketserver {

/// As long as it lives, an overflow of a stack of `pool` on this thread says so on standard error before it
/// ends the process by SIGSEGV. All other faults go where they went before. Guards nest.
class OverflowGuard {
 public:
  explicit OverflowGuard(const StackPool& pool);
  ~OverflowGuard();
  OverflowGuard(const OverflowGuard&) = delete;
  OverflowGuard& operator=(const OverflowGuard&) = delete;

 private:
  const StackPool* outer_;
  std::unique_ptr<char[]> signal_stack_;  // a handler cannot run on the stack that overflowed
  stack_t before_{};
};

}  // namespace socketserver
