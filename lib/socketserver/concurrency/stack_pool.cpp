#include "socketserver/concurrency/stack_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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

// The buffers that functions usually have do not step over it.
constexpr std::size_t kGuardSize = std::size_t{64} << 10;

// Advice of Linux 6.13 and later, which Debian 12's headers do not name yet.
constexpr int kGuardInstall = 102;

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

// 0, or the errno.
int guard(char* at, std::size_t size) noexcept {
#if defined(__linux__)
  static std::atomic<bool> cheap{true};
  if (cheap && ::madvise(at, size, kGuardInstall) == 0) return 0;
  cheap = false;
#endif
  return ::mprotect(at, size, PROT_NONE) == 0 ? 0 : errno;
}

}  // namespace

StackPool::StackPool(std::size_t stack_size) : guard_size_(std::max(kGuardSize, page_size())) {
  const std::size_t page = page_size();
  stack_size_ = (std::max(stack_size, kLeastStack) + page - 1) / page * page;
}

StackPool::~StackPool() {
  assert(taken_ == 0);
  for (const Region& region : regions_) ::munmap(region.begin, region.stacks * each());
}

// There may be room for some guards, and no more.
void StackPool::map_region() {
  regions_.reserve(regions_.size() + 1);
  free_.reserve((regions_.size() + 1) * kRegion);  // for give_back(), too
  void* const mapped = ::mmap(nullptr, kRegion * each(), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw_os_error(errno, "mmap stacks for fibers");
  // Huge pages would make the first touch of every few stacks cost 2 MiB of memory.
  ::madvise(mapped, kRegion * each(), MADV_NOHUGEPAGE);
  char* const begin = static_cast<char*>(mapped);
  std::size_t stacks = 0;
  int error = 0;
  while (stacks < kRegion && (error = guard(begin + stacks * each(), guard_size_)) == 0) ++stacks;
  if (stacks < kRegion) ::munmap(begin + stacks * each(), (kRegion - stacks) * each());
  if (stacks == 0) throw_os_error(error, "mprotect a fiber's guard");
  regions_.push_back({begin, stacks});
  for (std::size_t i = stacks; i-- > 0;) free_.push_back(begin + i * each() + guard_size_);
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
  for (const Region& region : regions_) {
    const auto offset = static_cast<const char*>(address) - region.begin;
    if (offset >= 0 && static_cast<std::size_t>(offset) < region.stacks * each())
      return static_cast<std::size_t>(offset) % each() < guard_size_;
  }
  return false;
}

}  // namespace socketserver
