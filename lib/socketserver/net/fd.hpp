// A file descriptor with an owner.
#pragma once

#include <utility>

namespace socketserver {

/// Owns a descriptor and closes it when it goes. Movable, not copyable; -1 is none. One thread at a time.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Gives the descriptor away: the caller closes it.
  int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes, and owns `fd` from now on. errno is left as it was.
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) close();
    fd_ = fd;
  }

 private:
  void close() const noexcept;

  int fd_ = -1;
};

}  // namespace socketserver
