#include "socketserver/net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "socketserver/net/lookup.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {
namespace {

template <class T>
const T& as(const sockaddr* address) {
  return *reinterpret_cast<const T*>(address);
}

void check_port(int port) {
  if (port < 0 || port > 65535)
    throw std::out_of_range("port " + std::to_string(port) + " is not in 0..65535");
}

void check_host(std::string_view host) {
  if (host.find('\0') != host.npos) throw std::invalid_argument("the host holds a NUL");
}

Address ipv4(in_addr host, int port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<in_port_t>(port));
  in.sin_addr = host;
  return Address(reinterpret_cast<const sockaddr*>(&in), sizeof in);
}

Address ipv6(const in6_addr& host, int port) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(static_cast<in_port_t>(port));
  in6.sin6_addr = host;
  return Address(reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
}

// A want of descriptors says nothing about the family.
bool has_ipv6() { return bool(Fd(platform::socket(AF_INET6, SOCK_DGRAM, 0))) || errno != EAFNOSUPPORT; }

Address wildcard(int port) { return has_ipv6() ? ipv6(in6addr_any, port) : ipv4(in_addr{INADDR_ANY}, port); }

bool is_loopback_v4(std::uint32_t host) { return host >> 24 == 127; }

// The name of the interface, or its number where it has gone.
std::string scope_text(std::uint32_t scope) {
  char name[IF_NAMESIZE];
  return "%" + (::if_indextoname(scope, name) != nullptr ? name : std::to_string(scope));
}

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

}  // namespace

Address::Address(std::string_view host, int port) : Address() {
  check_port(port);
  check_host(host);
  const std::string text(host);
  in_addr v4{};
  in6_addr v6{};
  if (text.empty() || text == "*")
    *this = wildcard(port);
  else if (::inet_pton(AF_INET, text.c_str(), &v4) == 1)
    *this = ipv4(v4, port);
  else if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1)
    *this = ipv6(v6, port);
  else
    *this = resolve(text, port).front();
}

Address::Address(std::string_view path) : Address() {
  sockaddr_un un{};
  if (path.empty()) throw std::invalid_argument("the path of a Unix socket is empty");
  if (path.find('\0', 1) != path.npos) throw std::invalid_argument("the path of a Unix socket holds a NUL");
  const bool abstract = path.front() == '\0';
  if (path.size() + !abstract > sizeof un.sun_path)
    throw std::length_error("the path of a Unix socket is longer than " +
                            std::to_string(sizeof un.sun_path - 1) + " bytes: " + std::string(path));
  un.sun_family = AF_UNIX;
  std::ranges::copy(path, un.sun_path);
  *this = Address(reinterpret_cast<const sockaddr*>(&un),
                  static_cast<socklen_t>(kPathOffset + path.size() + !abstract));
}

Address::Address(const sockaddr* address, socklen_t size) : storage_{} {
  std::memcpy(&storage_, address, std::min<std::size_t>(size, sizeof storage_));
  set_size(size);
}

void Address::set_size(socklen_t size) noexcept {
  size_ = std::min<socklen_t>(size, sizeof storage_);
  if (size_ < sizeof(sa_family_t)) storage_.ss_family = AF_UNSPEC;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) ::inet_ntop(AF_INET, &as<sockaddr_in>(data()).sin_addr, text, sizeof text);
  if (family() != AF_INET6) return text;
  const auto& in6 = as<sockaddr_in6>(data());
  ::inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
  return in6.sin6_scope_id == 0 ? text : text + scope_text(in6.sin6_scope_id);
}

int Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(data()).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(data()).sin6_port);
  return 0;
}

std::string Address::path() const {
  if (family() != AF_UNIX || size_ <= kPathOffset) return {};
  const char* path = as<sockaddr_un>(data()).sun_path;
  const std::size_t most = size_ - kPathOffset;
  return std::string(path, path[0] == '\0' ? most : ::strnlen(path, most));
}

bool Address::is_loopback() const noexcept {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) return is_loopback_v4(ntohl(as<sockaddr_in>(data()).sin_addr.s_addr));
  if (family() != AF_INET6) return false;
  const in6_addr& host = as<sockaddr_in6>(data()).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&host)) return host.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&host);
}

bool Address::is_wildcard() const noexcept {
  if (family() == AF_INET) return as<sockaddr_in>(data()).sin_addr.s_addr == INADDR_ANY;
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&as<sockaddr_in6>(data()).sin6_addr);
}

std::string Address::to_string() const {
  switch (family()) {
    case AF_INET:
      return host() + ":" + std::to_string(port());
    case AF_INET6:
      return "[" + host() + "]:" + std::to_string(port());
    case AF_UNIX: {
      std::string name = path();
      if (!name.empty() && name.front() == '\0') name.front() = '@';  // as ss(8) and /proc/net/unix show it
      return "unix:" + name;
    }
    default:
      return "(no address)";
  }
}

bool operator==(const Address& a, const Address& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

std::vector<Address> resolve(const std::string& host, int port) {
  check_port(port);
  check_host(host);
  if (host.empty() || host == "*") return {wildcard(port)};
  const AddrInfo found = lookup(host, port);
  std::vector<Address> addresses;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next)
    addresses.emplace_back(one->ai_addr, one->ai_addrlen);
  return addresses;
}

}  // namespace socketserver
