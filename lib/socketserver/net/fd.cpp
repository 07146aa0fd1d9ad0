#include "socketserver/net/fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace socketserver {

void Fd::reset(int fd) noexcept {
  const int saved = errno;
  // Not repeated on EINTR: Linux has released the number by then, and it may be somebody else's already.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  errno = saved;
}

}  // namespace socketserver
