// Several datagrams received by one system call.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "socketserver/net/address.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {

/// A datagram; valid until the next call of next().
struct Datagram {
  std::string_view bytes;
  bool truncated = false;  ///< it was longer than the batch's size
  Address from;
};

/// Room for some datagrams of at most `size` bytes each. One thread.
class DatagramBatch {
 public:
  /// So many share one system call that its cost vanishes, and the memory is that of two sockets' buffers.
  static constexpr std::size_t kDatagrams = 16;

  explicit DatagramBatch(std::size_t size);
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;

  std::size_t datagram_size() const noexcept { return size_; }
  bool empty() const noexcept { return next_ == received_; }
  /// The next one; where there is none, at most `most` (of kDatagrams) are received without waiting first.
  /// False when none waits. Throws OSError.
  bool next(int fd, std::size_t most, Datagram& datagram);

 private:
  void receive(int fd, std::size_t most);

  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
  std::array<Address, kDatagrams> from_;
  std::array<iovec, kDatagrams> buffers_{};
  std::array<platform::Message, kDatagrams> messages_{};
  std::size_t next_ = 0, received_ = 0;
  bool drained_ = false;  // the last call left none behind
};

}  // namespace socketserver
