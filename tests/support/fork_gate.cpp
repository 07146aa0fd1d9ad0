// AddressSanitizer of clang 14 forks while other threads hold locks of its allocator, which then stay held in
// the child for ever. The servers' handlers are promised an allocator that works, as glibc's does; so here no
// thread may be inside operator new or delete while another one forks.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)

#include <pthread.h>

#include <cstdlib>
#include <new>

namespace {

pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

class Inside {
 public:
  Inside() { ::pthread_rwlock_rdlock(&gate); }
  ~Inside() { ::pthread_rwlock_unlock(&gate); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

[[maybe_unused]] const int installed =
    ::pthread_atfork([] { ::pthread_rwlock_wrlock(&gate); }, [] { ::pthread_rwlock_unlock(&gate); },
                     [] { ::pthread_rwlock_init(&gate, nullptr); });

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  const Inside inside;
  return std::malloc(size > 0 ? size : 1);
}
void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* memory) noexcept {
  const Inside inside;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }

#endif
#endif
