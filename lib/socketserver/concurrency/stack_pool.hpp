// Stacks for fibers, each with a guard below it.
#pragma once

#include <cstddef>
#include <vector>

namespace socketserver {

/// Maps stacks in large regions and hands them out again, last used first, since those are warm. Below each
/// lies a guard: an overflow ends the process instead of corrupting another stack, unless one function's
/// variables are larger than the guard and not touched in order (g++ and clang: -fstack-clash-protection, as
/// the library itself is compiled). Where the kernel has guards that cost no mapping (Linux 6.13:
/// MADV_GUARD_INSTALL) they are used, so that vm.max_map_count limits nothing; else mprotect(2), which takes
/// two mappings a stack. Memory is used only where it was touched. One thread.
class StackPool {
 public:
  /// `stack_size` bytes each, rounded up to pages; at least kLeastStack.
  explicit StackPool(std::size_t stack_size);
  /// REQUIRES: all were given back.
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  static constexpr std::size_t kLeastStack = 16 * 1024;  // printf alone takes half of it

  /// The lowest address of a stack of stack_size() bytes. OSError when there is no memory.
  void* take();
  void give_back(void* stack) noexcept;
  std::size_t stack_size() const noexcept { return stack_size_; }
  /// Is `address` in a guard: did a stack overflow? Async-signal-safe.
  bool in_guard(const void* address) const noexcept;

 private:
  void map_region();
  std::size_t each() const noexcept { return guard_size_ + stack_size_; }

  struct Region {
    char* begin;
    std::size_t stacks;
  };

  std::size_t stack_size_, guard_size_;
  std::vector<void*> free_;
  std::vector<Region> regions_;
  std::size_t taken_ = 0;
};

}  // namespace socketserver
