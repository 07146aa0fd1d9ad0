// What is known of the processor's caches.
#pragma once

#include <cstddef>
#include <cstdint>

namespace socketserver {

/// Bytes that are fetched together, and that two objects of two threads should not share.
inline constexpr std::size_t kCacheLine = 64;

/// Has the caches fetch `lines` lines from `begin` on, which need not be readable: worth it for what is used
/// a little later.
inline void prefetch(const void* begin, std::size_t lines) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  for (std::size_t i = 0; i < lines; ++i)
    __builtin_prefetch(reinterpret_cast<const void*>(address + i * kCacheLine));
}

}  // namespace socketserver
