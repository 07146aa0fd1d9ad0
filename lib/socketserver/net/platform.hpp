// What Linux does better than POSIX, each with a portable fallback in the same file. Nothing else of the
// library calls a function that only Linux has.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "socketserver/net/fd.hpp"

namespace socketserver::platform {

/// accept(2) with close-on-exec set and blocking as usual, in one step where the system can. -1 and errno.
int accept(int listener, sockaddr* address, socklen_t* size) noexcept;

/// socket(2) with close-on-exec set. -1 and errno.
int socket(int family, int type, int protocol) noexcept;

struct PipeEnds {
  Fd read, write;
};
/// pipe(2), close-on-exec. Throws OSError.
PipeEnds pipe();

struct SocketPair {
  Fd one, other;
};
/// socketpair(2) of Unix streams, close-on-exec. Throws OSError.
SocketPair socket_pair();

/// The two ends of a channel that wakes: both without blocking, close-on-exec. Where `read` is the only one
/// (an eventfd), it is written to as well. Throws OSError.
PipeEnds wakeup_ends();

/// A descriptor that becomes readable when the child `pid` ends, or none where the system has no such thing.
Fd watch_child(pid_t pid) noexcept;

/// A message to receive or send, and how many bytes it had: what Linux calls mmsghdr.
struct Message {
  msghdr header;
  unsigned length;
};
/// recvmsg(2) without waiting for up to `count` messages, in one step where the system can: how many there
/// were, or -1 and errno where there was none.
int receive_pending(int fd, Message* messages, unsigned count) noexcept;

/// So many are sent at once.
inline constexpr unsigned kMostMessages = 16;
/// sendmsg(2) for each of `count` messages up to one that fails, but perhaps no more than kMostMessages, in
/// one step where the system can: how many were sent, or -1 and errno where the first failed.
int send_messages(int fd, Message* messages, unsigned count, int flags) noexcept;

/// Sends up to `count` bytes of `file` from `offset` on over a stream whose descriptor does not block: how
/// many, 0 where the file ends, -1 and errno. Raises no SIGPIPE. EINVAL for a file that it cannot send.
ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t count) noexcept;

/// Bytes that were sent over a stream and not yet taken by the peer's side, or -1 where the system cannot
/// tell.
int unacknowledged(int socket) noexcept;

/// Fills `bytes` from the system's generator, for secrets. Throws OSError where there is none.
void fill_random(std::span<char> bytes);

/// Opens what `path`, which is relative and without "..", leads to from `directory`, and follows no symbolic
/// link on the way, nor at its end; in one step where the system can. None and errno, ELOOP for a link.
Fd open_beneath(int directory, const char* path, int flags) noexcept;

/// The poll event of a peer that has closed its sending side, or 0 where poll cannot tell.
extern const short kPeerClosed;

}  // namespace socketserver::platform
