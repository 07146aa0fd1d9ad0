#include "socketserver/server/unix_path.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "socketserver/net/error.hpp"
#include "socketserver/net/fd.hpp"
#include "socketserver/net/socket.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

// Two servers that start at once hold the lock while they look and bind: microseconds. Somebody else's lock
// on the directory must not keep us from starting, so after a second it goes on without.
constexpr auto kLockWait = 1s;
constexpr auto kLockRetry = 5ms;

Fd lock_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  Fd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Deadline deadline = Deadline::after(kLockWait);
  while (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) < 0 && !deadline.expired())
    wait_any({}, Deadline::after(kLockRetry));
  return directory;
}

bool is_socket(const std::string& path, struct stat& status) {
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// A dead server's socket refuses. Asked with a datagram socket, a living one never does: one of connections
// says EPROTOTYPE, whether it listens yet or not and however full its backlog is, and does not see a client.
bool is_stale(const Address& address) {
  struct stat status;
  if (!is_socket(address.path(), status)) return false;
  Socket probe(AF_UNIX, SOCK_DGRAM);
  probe.setblocking(false);
  return probe.connect_ex(address) == ECONNREFUSED;
}

}  // namespace

void UnixPath::bind(const Address& address, const std::function<void()>& bind) {
  const std::string path = address.path();
  if (path.empty() || path.front() == '\0') return bind();  // an abstract name leaves no file
  const Fd locked = lock_directory_of(path);
  try {
    bind();
  } catch (const OSError& error) {
    if (error.errnum() != EADDRINUSE || !is_stale(address)) throw;
    ::unlink(path.c_str());
    bind();
  }
  struct stat status;
  if (!is_socket(path, status)) return;
  path_ = path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void UnixPath::remove() noexcept {
  struct stat status;
  if (!path_.empty() && is_socket(path_, status) && status.st_dev == device_ && status.st_ino == inode_)
    ::unlink(path_.c_str());
  disown();
}

}  // namespace socketserver
