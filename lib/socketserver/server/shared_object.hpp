// Objects that several processes have.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <new>
#include <type_traits>

#include "socketserver/net/error.hpp"

namespace socketserver {

template <class T>
struct UnmapObject {
  void operator()(T* object) const noexcept { ::munmap(object, sizeof(T)); }
};

/// Owns this process's view of the object, which is gone with the last one.
template <class T>
using SharedObject = std::unique_ptr<T, UnmapObject<T>>;

/// A T that the processes forked from now on share with this one. Throws OSError.
template <class T>
SharedObject<T> make_shared_object() {
  static_assert(std::is_trivially_destructible_v<T>, "nobody knows who would have to destroy it");
  void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw_os_error(errno, "mmap");
  return SharedObject<T>(new (memory) T);
}

}  // namespace socketserver
