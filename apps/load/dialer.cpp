#include "load/dialer.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "common/connect.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver::apps {
namespace {

constexpr std::uint32_t kFirstSource = 0x7F010001;  // 127.1.0.1: where hardly anybody else is

// Standard input, output and error, the poller, and what the libraries have open.
constexpr rlim_t kOwnDescriptors = 32;

}  // namespace

// Two runs after one another shall not begin with the same ports.
Dialer::Dialer(const Address& server, int type, std::size_t sources)
    : server_(server),
      type_(type),
      sources_(server_.family() == AF_INET && server_.is_loopback() ? sources : 1),
      dialled_(static_cast<std::size_t>(Clock::now().time_since_epoch().count()) % 1000) {}

bool Dialer::bind_source(int fd) {
  if (server_.family() == AF_UNIX && type_ == SOCK_DGRAM) {
    const Address own = own_datagram_name();
    return ::bind(fd, own.data(), own.size()) == 0;
  }
  if (sources_ < 2) return true;
#ifdef IP_BIND_ADDRESS_NO_PORT
  const int on = 1;  // connect() then chooses a port that is free for this server, not for all
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(kFirstSource + static_cast<std::uint32_t>(dialled_ % sources_));
  // Where only 127.0.0.1 is configured, the system's own choice must do.
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) < 0) sources_ = 1;
  return true;
}

Fd Dialer::dial() {
  Fd fd(platform::socket(server_.family(), type_, 0));
  if (!fd) return fd;
  ++dialled_;
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const int on = 1;
  if (type_ == SOCK_STREAM && server_.family() != AF_UNIX)
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!bind_source(fd.get()) ||
      (::connect(fd.get(), server_.data(), server_.size()) < 0 && errno != EINPROGRESS))
    fd.reset();  // which leaves errno as it is
  return fd;
}

void reset_on_close(int fd) {
  const linger none{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void make_room_for(std::size_t connections) {
  rlimit limit{};
  const rlim_t wanted = connections + kOwnDescriptors;
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted)
    throw std::runtime_error(std::to_string(connections) + " connections need " + std::to_string(wanted) +
                             " descriptors, but the limit is " + std::to_string(limit.rlim_max) +
                             " (ulimit -Hn)");
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace socketserver::apps
