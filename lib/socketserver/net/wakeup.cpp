#include "socketserver/net/wakeup.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace socketserver {

void Wakeup::notify() noexcept {
  const int saved = errno;
  const std::uint64_t one = 1;  // an eventfd wants 8 bytes; a pipe takes any
  const int fd = ends_.write ? ends_.write.get() : ends_.read.get();
  // A full pipe or counter means that it is readable already, which is all that is wanted.
  while (::write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void Wakeup::drain() noexcept {
  const int saved = errno;
  std::uint64_t buffer[64];  // an eventfd gives 8 bytes; a pipe is emptied in a few reads
  for (;;) {
    const auto got = ::read(ends_.read.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(sizeof buffer)) break;
  }
  errno = saved;
}

}  // namespace socketserver
