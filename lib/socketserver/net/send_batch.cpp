#include "socketserver/net/send_batch.hpp"

#include <cerrno>

namespace socketserver {

void SendBatch::add(int fd, const msghdr& message, int flags, Sent& sent) noexcept {
  entries_[size_] = {fd, flags, &sent};
  messages_[size_] = {message, 0};
  ++size_;
}

void SendBatch::send() noexcept {
  for (std::size_t next = 0; next < size_;) next = send_from(next);
  size_ = 0;
}

// Those behind the first that leave by the same descriptor go with it, up to one that fails, which is asked
// again as the first. The next first is returned.
std::size_t SendBatch::send_from(std::size_t first) noexcept {
  const auto [fd, flags, sent] = entries_[first];
  std::size_t end = first + 1;
  while (end < size_ && entries_[end].fd == fd && entries_[end].flags == flags) ++end;
  const int count = platform::send_messages(fd, &messages_[first], static_cast<unsigned>(end - first), flags);
  if (count < 0) {
    *sent = {-1, errno};
    return first + 1;
  }
  end = first + static_cast<std::size_t>(count);
  for (; first < end; ++first) *entries_[first].sent = {static_cast<ssize_t>(messages_[first].length), 0};
  return end;
}

}  // namespace socketserver
