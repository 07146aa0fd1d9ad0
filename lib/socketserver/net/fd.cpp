#include "socketserver/net/fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace socketserver {

void Fd::close() const noexcept {
  const int saved = errno;
  // Not repeated on EINTR: Linux has released the number by then, and it may be somebody else's already.
  ::close(fd_);
  errno = saved;
}

}  // namespace socketserver
