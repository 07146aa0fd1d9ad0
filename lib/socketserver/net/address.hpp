// Where a socket is: an IPv4 or IPv6 host and port, or a path of the Unix domain.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace socketserver {

/// An address; a value that any thread may copy. Its family follows from what it is made of, so that nobody
/// has to choose IPv4 or IPv6 by hand.
class Address {
 public:
  /// No address (AF_UNSPEC).
  Address() noexcept { storage_.ss_family = AF_UNSPEC; }
  Address(const Address& other) noexcept { copy(other); }
  Address& operator=(const Address& other) noexcept {
    copy(other);
    return *this;
  }

  /// `host` is an IPv4 or IPv6 address, or a name, which is looked up now (the first address found counts;
  /// see resolve()). "" and "*" are every address of this machine, IPv6 and IPv4 alike where there is IPv6.
  /// `port` 0 lets the system choose when a socket is bound.
  /// Throws std::out_of_range for a port outside 0..65535, std::invalid_argument for a host with a NUL, and
  /// gaierror for a name that is not known.
  Address(std::string_view host, int port);

  /// A path of the Unix domain. A first byte of NUL makes it a name in Linux's abstract namespace.
  /// Throws std::length_error when it is longer than the system allows (107 bytes), and
  /// std::invalid_argument when it is empty or holds a NUL elsewhere.
  Address(std::string_view path);
  Address(const std::string& path) : Address(std::string_view(path)) {}
  Address(const char* path) : Address(std::string_view(path)) {}

  /// What a system call gave.
  Address(const sockaddr* address, socklen_t size);

  int family() const noexcept { return storage_.ss_family; }
  /// The numeric host, "::1", with its scope where it has one, "fe80::1%eth0"; empty for a path.
  std::string host() const;
  /// 0 for a path.
  int port() const noexcept;
  /// Empty for IP, and for a Unix socket without a name.
  std::string path() const;

  /// Is it on this machine and only there: 127.0.0.0/8 (mapped into IPv6, too), ::1, and every path.
  bool is_loopback() const noexcept;
  /// Is it the address of "" and "*": 0.0.0.0 or ::.
  bool is_wildcard() const noexcept;

  /// "127.0.0.1:80", "[::1]:80", "unix:PATH"; for messages and for scripts.
  std::string to_string() const;

  friend bool operator==(const Address& a, const Address& b) noexcept;

  /// For system calls.
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  /// For system calls that fill an address in: `data` has room for `capacity` bytes, and set_size() tells
  /// how many were used.
  static constexpr socklen_t capacity = sizeof(sockaddr_storage);
  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  void set_size(socklen_t size) noexcept;

 private:
  // Those of IP have 16 or 28 of the 128 bytes; to clear and copy all of them, several times for a datagram,
  // would show.
  void copy(const Address& other) noexcept {
    constexpr std::size_t kShort = 32;
    std::memmove(&storage_, &other.storage_, other.size_ <= kShort ? kShort : sizeof storage_);
    size_ = other.size_;
  }

  sockaddr_storage storage_;  // of which size_ bytes count, and ss_family
  socklen_t size_ = 0;
};

/// All addresses of a host, in the order the system prefers. Numbers need no lookup; a name is looked up by
/// getaddrinfo(3), which blocks for as long as the system's resolver is set to, a fiber alone. Throws as
/// Address does.
std::vector<Address> resolve(const std::string& host, int port);

}  // namespace socketserver
