// Files over a socket.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <typeinfo>

#include "socketserver/net/error.hpp"
#include "socketserver/net/socket.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// At a time, before others have their turn: the peer may take bytes as fast as we send them.
constexpr std::uint64_t kTurnBytes = std::uint64_t{1} << 20;
constexpr std::size_t kBlockSize = std::size_t{64} << 10;

class PollWaiter : public Waiter {
 public:
  int wait(std::span<pollfd> fds, Deadline deadline) override { return wait_in_poll(fds, deadline); }
};

class NonBlocking {
 public:
  explicit NonBlocking(int fd) noexcept : fd_(fd), before_(::fcntl(fd, F_GETFL)) {
    ::fcntl(fd_, F_SETFL, before_ | O_NONBLOCK);
  }
  ~NonBlocking() { ::fcntl(fd_, F_SETFL, before_); }
  NonBlocking(const NonBlocking&) = delete;
  NonBlocking& operator=(const NonBlocking&) = delete;

 private:
  const int fd_, before_;
};

std::uint64_t send_through_program(Socket& socket, int file, std::uint64_t offset, std::uint64_t count) {
  std::array<char, kBlockSize> block;
  std::uint64_t done = 0;
  while (done < count) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), count - done));
    const ssize_t got = ::pread(file, block.data(), size, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_os_error(errno, "read a file to send");
    if (got == 0) break;
    socket.sendall({block.data(), static_cast<std::size_t>(got)});
    done += static_cast<std::uint64_t>(got);
  }
  return done;
}

}  // namespace

std::uint64_t Socket::sendfile(int file, std::uint64_t offset, std::uint64_t count) {
  if (typeid(*this) != typeid(Socket)) return send_through_program(*this, file, offset, count);
  const NonBlocking flags(fileno());
  PollWaiter poll;
  const WaiterScope waiter(current_waiter != nullptr ? current_waiter : &poll);
  std::uint64_t done = 0;
  try {
    while (done < count) {
      const std::uint64_t size = std::min(kTurnBytes, count - done);
      const std::size_t sent = send_some_of(file, offset + done, static_cast<std::size_t>(size));
      if (sent == 0) break;
      done += sent;
      if (sent == kTurnBytes) wait_any({}, Deadline::now());
    }
  } catch (const OSError& error) {
    if (error.errnum() != EINVAL || done > 0) throw;
    return send_through_program(*this, file, offset, count);
  }
  return done;
}

}  // namespace socketserver
