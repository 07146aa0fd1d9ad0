#include "load/datagram_load.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "socketserver/net/error.hpp"

namespace socketserver::apps {
namespace {

// What the kernel takes at once to cut into datagrams (UDP_MAX_SEGMENTS), and what IP carries.
constexpr std::size_t kMostSegments = 64, kMostBytes = 65'000;

// A window full of large datagrams; the system may allow less.
constexpr int kReceiveBuffer = 4 << 20;

bool cut_into(int fd, std::size_t size) {
#ifdef UDP_SEGMENT
  const int segment = static_cast<int>(size);
  return ::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0;
#else
  static_cast<void>(fd), static_cast<void>(size);
  return false;
#endif
}

}  // namespace

DatagramLoad::DatagramLoad(LoadSettings settings)
    : Load(std::move(settings)),
      pattern_(settings_.size - kLeastSize),
      dialer_(settings_.server, SOCK_DGRAM, 1),
      batch_(settings_.size),
      outgoing_(std::max(settings_.size, kMostBytes)),
      windows_(settings_.connections) {
  static_assert(sizeof(Head) == kLeastSize);
  assert(settings_.size >= kLeastSize);
  make_room_for(settings_.connections);
}

void DatagramLoad::begin() {
  for (std::size_t i = 0; i < windows_.size(); ++i) dial(i);
}

void DatagramLoad::dial(std::size_t index) {
  Window& window = windows_[index];
  window.fd = dialer_.dial();
  if (!window.fd) return result_.failures.add_error(errno);
  ::setsockopt(window.fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  window.segments = settings_.server.family() != AF_UNIX && cut_into(window.fd.get(), settings_.size);
  watch(window.fd.get(), index);
  window.places.resize(settings_.window);
  window.unsent.clear();
  for (std::uint32_t place = 0; place < window.places.size(); ++place) renew(window, place);
  flush(window);
}

// Not even datagrams of neighbours are alike.
std::string_view DatagramLoad::body(const Head& head) const {
  return pattern_.message(std::uint64_t{head.place} * 31 + head.number);
}

void DatagramLoad::renew(Window& window, std::uint32_t place) {
  ++window.places[place].number;
  window.places[place].began = now_;
  window.unsent.push_back(place);
}

void DatagramLoad::ready(std::size_t index, short events) {
  Window& window = windows_[index];
  if (!window.fd) return;
  if ((events & ~POLLOUT) != 0) receive(window);
  flush(window);
}

void DatagramLoad::receive(Window& window) {
  try {
    for (Datagram datagram; batch_.next(window.fd.get(), DatagramBatch::kDatagrams, datagram);) {
      now_ = Clock::now();
      take(window, datagram);
    }
  } catch (const OSError& error) {
    result_.failures.add_error(error.errnum());  // of ICMP: nobody listens
  }
}

void DatagramLoad::take(Window& window, const Datagram& datagram) {
  Head head{};
  const bool whole = datagram.bytes.size() == settings_.size && !datagram.truncated;
  if (whole) std::memcpy(&head, datagram.bytes.data(), sizeof head);
  if (!whole || head.place >= window.places.size() || datagram.bytes.substr(sizeof head) != body(head))
    return result_.failures.add(Failure::kWrong);
  const Place& place = window.places[head.place];
  if (head.number != place.number) return;  // late: it has been counted as lost
  record(place.began, settings_.size, measuring());
  window.answered += measuring();
  renew(window, head.place);
}

void DatagramLoad::flush(Window& window) {
  while (!window.unsent.empty()) {
    const std::size_t fit = std::min(kMostSegments, kMostBytes / settings_.size);
    const std::size_t sent = send(window, window.segments ? std::max<std::size_t>(fit, 1) : 1);
    if (sent == 0) break;
    window.unsent.erase(window.unsent.begin(), window.unsent.begin() + static_cast<std::ptrdiff_t>(sent));
  }
  want_writing(window.fd.get(), !window.unsent.empty());
}

// How many of the unsent ones went out, of `most` at once.
std::size_t DatagramLoad::send(Window& window, std::size_t most) {
  const std::size_t count = std::min(most, window.unsent.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Head head{window.unsent[i], window.places[window.unsent[i]].number};
    char* const at = outgoing_.data() + i * settings_.size;
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, body(head).data(), settings_.size - sizeof head);
  }
  if (::send(window.fd.get(), outgoing_.data(), count * settings_.size, MSG_NOSIGNAL) >= 0) return count;
  // Full buffers make room by themselves; all else is tried again at the next tick.
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && errno != EINTR)
    result_.failures.add_error(errno);
  return 0;
}

void DatagramLoad::tick() {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = windows_[i];
    if (!window.fd) {
      dial(i);
      continue;
    }
    for (std::uint32_t place = 0; place < window.places.size(); ++place) {
      if (!overdue(window.places[place].began)) continue;
      const bool sent = std::ranges::find(window.unsent, place) == window.unsent.end();
      result_.lost += sent && measuring();
      if (sent) renew(window, place);
    }
    flush(window);
  }
}

void DatagramLoad::finish() {
  for (const Window& window : windows_) result_.starved += window.answered == 0;
  result_.seconds = seconds_between(measure_from_, end_);
}

}  // namespace socketserver::apps
