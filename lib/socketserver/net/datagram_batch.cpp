#include "socketserver/net/datagram_batch.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "socketserver/net/error.hpp"

namespace socketserver {

DatagramBatch::DatagramBatch(std::size_t size) : size_(size), bytes_(new char[size * kDatagrams]) {
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    buffers_[i] = {bytes_.get() + i * size, size};
    msghdr& header = messages_[i].header;
    header.msg_name = from_[i].data();
    header.msg_namelen = Address::capacity;
    header.msg_iov = &buffers_[i];
    header.msg_iovlen = 1;
  }
}

bool DatagramBatch::next(int fd, std::size_t most, Datagram& datagram) {
  if (empty()) {
    // Then it is poll(2) that looks next, and not a call that would only say so.
    if (std::exchange(drained_, false) && most > 1) return false;
    receive(fd, std::min(most, kDatagrams));
    if (empty()) return false;
  }
  const std::size_t i = next_++;
  msghdr& header = messages_[i].header;
  from_[i].set_size(header.msg_namelen);
  header.msg_namelen = Address::capacity;
  datagram.bytes = {static_cast<const char*>(buffers_[i].iov_base), messages_[i].length};
  datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  datagram.from = from_[i];
  return true;
}

void DatagramBatch::receive(int fd, std::size_t most) {
  next_ = received_ = 0;
  int got;
  do got = platform::receive_pending(fd, messages_.data(), static_cast<unsigned>(most));
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) throw_os_error(errno, "recvmsg");
  if (got > 0) received_ = static_cast<std::size_t>(got);
  drained_ = got > 0 && received_ < most;
}

}  // namespace socketserver
