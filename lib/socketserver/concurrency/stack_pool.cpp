#include "socketserver/concurrency/stack_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <string>

#include "socketserver/concurrency/sanitizers.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// Stacks in a region: one mmap(2) for many, and no more than 4 MiB of addresses lie idle with stacks of 64
// KiB.
constexpr std::size_t kRegion = 64;

// Advice of Linux 6.13 and later, which Debian 12's headers do not name yet.
constexpr int kGuardInstall = 102;

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void guard(char* at, std::size_t size) {
#if defined(__linux__)
  static bool cheap = true;
  if (cheap && ::madvise(at, size, kGuardInstall) == 0) return;
  cheap = false;
#endif
  if (::mprotect(at, size, PROT_NONE) < 0) throw_os_error(errno, "mprotect a fiber's guard");
}

}  // namespace

StackPool::StackPool(std::size_t stack_size) : guard_size_(page_size()) {
  const std::size_t page = page_size();
  stack_size_ = (std::max(stack_size, kLeastStack) + page - 1) / page * page;
}

StackPool::~StackPool() {
  assert(taken_ == 0);
  for (char* region : regions_) ::munmap(region, kRegion * (guard_size_ + stack_size_));
}

void StackPool::map_region() {
  const std::size_t each = guard_size_ + stack_size_;
  void* const mapped = ::mmap(nullptr, kRegion * each, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw_os_error(errno, "mmap stacks for fibers");
  regions_.push_back(static_cast<char*>(mapped));
  // Huge pages would make the first touch of every 32nd stack cost 2 MiB of memory.
  ::madvise(mapped, kRegion * each, MADV_NOHUGEPAGE);
  for (std::size_t i = kRegion; i-- > 0;) {
    char* const at = regions_.back() + i * each;
    guard(at, guard_size_);
    free_.push_back(at + guard_size_);
  }
}

void* StackPool::take() {
  if (free_.empty()) map_region();
  void* const stack = free_.back();
  free_.pop_back();
  ++taken_;
  return stack;
}

void StackPool::give_back(void* stack) noexcept {
  sanitizers::unpoison(stack, stack_size_);
  free_.push_back(stack);
  --taken_;
}

bool StackPool::in_guard(const void* address) const noexcept {
  const std::size_t each = guard_size_ + stack_size_;
  for (const char* region : regions_) {
    const auto offset = static_cast<const char*>(address) - region;
    if (offset >= 0 && static_cast<std::size_t>(offset) < kRegion * each)
      return static_cast<std::size_t>(offset) % each < guard_size_;
  }
  return false;
}

}  // namespace socketserver
