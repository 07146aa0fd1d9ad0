// The part of platform.hpp that is about datagrams.
#include "socketserver/net/platform.hpp"

#if defined(__linux__) && !defined(SOCKETSERVER_PORTABLE)
#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace socketserver::platform {
namespace {

static_assert(sizeof(Message) == sizeof(mmsghdr) && offsetof(Message, length) == offsetof(mmsghdr, msg_len));

mmsghdr* as_mmsghdr(Message* messages) noexcept { return reinterpret_cast<mmsghdr*>(messages); }

#if !defined(UDP_SEGMENT)
constexpr int UDP_SEGMENT = 103;  // newer than the headers; the kernel is asked
#endif

// Of each datagram of a train, in bytes: every way takes as much in one packet (the least MTU of IPv6, RFC
// 8200, without its headers), and what is cut up must not need to be cut up again.
constexpr std::size_t kMostInTrain = 1232;

bool may_join(const msghdr& message) noexcept {
  if (message.msg_name == nullptr || message.msg_iovlen != 1 || message.msg_controllen != 0) return false;
  const int family = static_cast<const sockaddr*>(message.msg_name)->sa_family;
  const std::size_t size = message.msg_iov->iov_len;
  return (family == AF_INET || family == AF_INET6) && size > 0 && size <= kMostInTrain;
}

bool joins(const msghdr& message, const msghdr& first) noexcept {
  return may_join(first) && may_join(message) && message.msg_iov->iov_len == first.msg_iov->iov_len &&
         message.msg_namelen == first.msg_namelen &&
         std::memcmp(message.msg_name, first.msg_name, first.msg_namelen) == 0;
}

/// Messages in a row that have one address and one size go through the kernel as one, which the last station
/// before the network cuts up (UDP_SEGMENT of udp(7), Linux 4.18): the way there costs more than all else.
class Trains {
 public:
  Trains(Message* messages, unsigned count) noexcept : messages_(messages) {
    for (unsigned i = 0; i < count; ++i) {
      const msghdr& message = messages[i].header;
      if (size_ == 0 || !joins(message, messages[first_[size_ - 1]].header)) first_[size_++] = i;
      if (message.msg_iovlen == 1) bytes_[i] = *message.msg_iov;
    }
    first_[size_] = count;
  }
  /// Is there a message that goes with another one?
  bool any() const noexcept { return size_ < first_[size_]; }
  /// How many messages were sent, or -1 and errno.
  int send(int fd, int flags) noexcept {
    for (unsigned i = 0; i < size_; ++i) couple(i);
    const int sent = ::sendmmsg(fd, as_mmsghdr(trains_.data()), size_, flags);
    for (int i = 0; i < sent; ++i) tell_lengths(static_cast<unsigned>(i));
    return sent < 0 ? -1 : static_cast<int>(first_[static_cast<unsigned>(sent)]);
  }

 private:
  struct alignas(cmsghdr) Control {
    char bytes[CMSG_SPACE(sizeof(std::uint16_t))];
  };

  unsigned length(unsigned i) const noexcept { return first_[i + 1] - first_[i]; }
  void couple(unsigned i) noexcept {
    msghdr& train = trains_[i].header = messages_[first_[i]].header;
    if (length(i) == 1) return;
    train.msg_iov = &bytes_[first_[i]];
    train.msg_iovlen = length(i);
    train.msg_control = &controls_[i];
    train.msg_controllen = sizeof(Control);
    cmsghdr& control = *CMSG_FIRSTHDR(&train);
    control.cmsg_level = IPPROTO_UDP;
    control.cmsg_type = UDP_SEGMENT;
    control.cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(train.msg_iov->iov_len);
    std::memcpy(CMSG_DATA(&control), &size, sizeof size);
  }
  void tell_lengths(unsigned i) noexcept {
    for (unsigned at = first_[i]; at < first_[i + 1]; ++at)
      messages_[at].length = trains_[i].length / length(i);
  }

  Message* const messages_;
  std::array<Message, kMostMessages> trains_;
  // The first message of each train; behind the last one, how many messages there are.
  std::array<unsigned, kMostMessages + 1> first_;
  std::array<iovec, kMostMessages> bytes_;  // of each message
  std::array<Control, kMostMessages> controls_;
  unsigned size_ = 0;
};

// Elsewhere the kernel would ignore the wish, and send all as one message. Who has the socket cut messages up
// already means something else.
bool cuts_up(int fd) noexcept {
  int size = 0;
  socklen_t length = sizeof size;
  return ::getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0 && size == 0;
}

// Of a train, not of its messages: no checksums, too small a packet on the way, a device that cannot.
bool each_for_itself(int error) noexcept { return error == EINVAL || error == EIO || error == EMSGSIZE; }

}  // namespace

int receive_pending(int fd, Message* messages, unsigned count) noexcept {
  return ::recvmmsg(fd, as_mmsghdr(messages), count, MSG_DONTWAIT, nullptr);
}

int send_messages(int fd, Message* messages, unsigned count, int flags) noexcept {
  count = std::min(count, kMostMessages);
  Trains trains(messages, count);
  if (trains.any() && cuts_up(fd))
    if (const int sent = trains.send(fd, flags); sent > 0 || !each_for_itself(errno)) return sent;
  return ::sendmmsg(fd, as_mmsghdr(messages), count, flags);
}

}  // namespace socketserver::platform
#else
namespace socketserver::platform {
namespace {

template <class Call>
int for_each_message(Message* messages, unsigned count, Call call) noexcept {
  unsigned done = 0;
  for (; done < count; ++done) {
    const ssize_t size = call(messages[done].header);
    if (size < 0) break;
    messages[done].length = static_cast<unsigned>(size);
  }
  return done > 0 ? static_cast<int>(done) : -1;
}

}  // namespace

int receive_pending(int fd, Message* messages, unsigned count) noexcept {
  return for_each_message(messages, count,
                          [fd](msghdr& header) { return ::recvmsg(fd, &header, MSG_DONTWAIT); });
}

int send_messages(int fd, Message* messages, unsigned count, int flags) noexcept {
  return for_each_message(messages, count,
                          [fd, flags](const msghdr& header) { return ::sendmsg(fd, &header, flags); });
}

}  // namespace socketserver::platform
#endif
