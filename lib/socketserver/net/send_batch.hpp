// Several messages sent by one system call.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstddef>

#include "socketserver/net/datagram_batch.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {

/// What sendmsg(2) would return, and its errno where that is -1.
struct Sent {
  ssize_t result = -1;
  int error = 0;
};

/// Messages that wait to be sent together. One thread.
class SendBatch {
 public:
  /// As many as a DatagramBatch brings.
  static constexpr std::size_t kMessages = DatagramBatch::kDatagrams;
  static_assert(kMessages <= platform::kMostMessages);

  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == kMessages; }
  std::size_t size() const noexcept { return size_; }
  /// What `message` points to, and `sent`, must stay until send(). REQUIRES: !full().
  void add(int fd, const msghdr& message, int flags, Sent& sent) noexcept;
  /// Sends all in their order, each as sendmsg(2) would, and forgets them.
  void send() noexcept;

 private:
  struct Entry {
    int fd, flags;
    Sent* sent;
  };
  std::size_t send_from(std::size_t first) noexcept;

  std::array<Entry, kMessages> entries_;
  std::array<platform::Message, kMessages> messages_;
  std::size_t size_ = 0;
};

}  // namespace socketserver
