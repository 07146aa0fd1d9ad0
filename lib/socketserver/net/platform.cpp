#include "socketserver/net/platform.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

#include "socketserver/net/error.hpp"

namespace socketserver::platform {
namespace {

// One part after the other, each in a directory that is open already.
Fd open_by_parts(int directory, std::string_view path, int flags) noexcept try {
  Fd at;
  for (;;) {
    const std::size_t slash = path.find('/');
    const bool last = slash == path.npos || slash + 1 == path.size();
    const std::string part(path.substr(0, slash));
    const int part_flags = last && slash == path.npos ? flags : flags | O_DIRECTORY;
    Fd next(::openat(at ? at.get() : directory, part.c_str(), part_flags | O_NOFOLLOW));
    if (!next || last) return next;
    at = std::move(next);
    path.remove_prefix(slash + 1);
  }
} catch (const std::bad_alloc&) {
  errno = ENOMEM;
  return Fd();
}

}  // namespace
}  // namespace socketserver::platform

#if defined(__linux__) && !defined(SOCKETSERVER_PORTABLE)
#include <linux/openat2.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include <atomic>
#include <ctime>

namespace socketserver::platform {

int accept(int listener, sockaddr* address, socklen_t* size) noexcept {
  return ::accept4(listener, address, size, SOCK_CLOEXEC);
}

int socket(int family, int type, int protocol) noexcept {
  return ::socket(family, type | SOCK_CLOEXEC, protocol);
}

PipeEnds pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw_os_error(errno, "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

SocketPair socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) throw_os_error(errno, "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

PipeEnds wakeup_ends() {
  Fd both(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!both) throw_os_error(errno, "eventfd");
  return {std::move(both), Fd()};
}

Fd watch_child(pid_t pid) noexcept { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

namespace {

// For calls that have no MSG_NOSIGNAL. A SIGPIPE is for the thread that wrote.
class NoSigpipe {
 public:
  NoSigpipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

  void take() noexcept {
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
  }

 private:
  sigset_t pipe_, before_;
};

}  // namespace

ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t count) noexcept {
  NoSigpipe signals;
  auto from = static_cast<off_t>(offset);
  const ssize_t sent = ::sendfile(socket, file, &from, count);
  if (sent == static_cast<ssize_t>(count)) return sent;
  const int error = errno;
  signals.take();  // it may come with a success, too, of the bytes that went before
  errno = error;
  return sent;
}

int unacknowledged(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : -1;
}

void fill_random(std::span<char> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EINTR) throw_os_error(errno, "getrandom");
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

// Kernels before 5.6 do not have it, and some containers forbid what they do not know.
Fd open_beneath(int directory, const char* path, int flags) noexcept {
  static std::atomic<bool> missing{false};
  if (!missing) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    Fd fd(static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how)));
    if (fd || (errno != ENOSYS && errno != EPERM)) return fd;
    if (errno == ENOSYS) missing = true;
  }
  return open_by_parts(directory, path, flags);
}

const short kPeerClosed = POLLRDHUP;

}  // namespace socketserver::platform

#else

namespace socketserver::platform {
namespace {

int with_flags(int fd, int status_flags) noexcept {
  if (fd < 0) return fd;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, status_flags);
  return fd;
}

}  // namespace

int accept(int listener, sockaddr* address, socklen_t* size) noexcept {
  return with_flags(::accept(listener, address, size), 0);
}

int socket(int family, int type, int protocol) noexcept {
  return with_flags(::socket(family, type, protocol), 0);
}

PipeEnds pipe() {
  int ends[2];
  if (::pipe(ends) < 0) throw_os_error(errno, "pipe");
  return {Fd(with_flags(ends[0], 0)), Fd(with_flags(ends[1], 0))};
}

SocketPair socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) throw_os_error(errno, "socketpair");
  return {Fd(with_flags(ends[0], 0)), Fd(with_flags(ends[1], 0))};
}

PipeEnds wakeup_ends() {
  PipeEnds ends = pipe();
  with_flags(ends.read.get(), O_NONBLOCK);
  with_flags(ends.write.get(), O_NONBLOCK);
  return ends;
}

Fd watch_child(pid_t) noexcept { return Fd(); }

// Says of every file that it cannot: there is no other way than through the program.
ssize_t send_file(int, int, std::uint64_t, std::size_t) noexcept {
  errno = EINVAL;
  return -1;
}

int unacknowledged(int) noexcept { return -1; }

void fill_random(std::span<char> bytes) {
  constexpr char kGenerator[] = "/dev/urandom";
  const Fd fd(::open(kGenerator, O_RDONLY));
  if (!fd) throw_os_error(errno, kGenerator);
  with_flags(fd.get(), O_RDONLY);
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd.get(), bytes.data(), bytes.size());
    if (got == 0 || (got < 0 && errno != EINTR)) throw_os_error(got == 0 ? EIO : errno, kGenerator);
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

Fd open_beneath(int directory, const char* path, int flags) noexcept {
  return open_by_parts(directory, path, flags);
}

const short kPeerClosed = 0;

}  // namespace socketserver::platform

#endif
