#include "socketserver/server/source.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace socketserver {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // RFC 4291: the other 64 bits name an interface in it

}  // namespace

std::optional<Source> Source::of(const Address& client) noexcept {
  Source source;
  if (client.family() == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, client.data(), sizeof in);
    source.bytes[10] = source.bytes[11] = 0xff;  // RFC 4291: ::ffff:1.2.3.4
    std::memcpy(&source.bytes[12], &in.sin_addr, sizeof in.sin_addr);
    return source;
  }
  if (client.family() != AF_INET6) return std::nullopt;
  sockaddr_in6 in6;
  std::memcpy(&in6, client.data(), sizeof in6);
  std::memcpy(source.bytes.data(), &in6.sin6_addr, source.bytes.size());
  if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
    source.scope = in6.sin6_scope_id;
  else if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
    std::fill(source.bytes.begin() + kNetworkBytes, source.bytes.end(), std::uint8_t{0});
  return source;
}

std::string Source::key_of(const Address& client) {
  const auto source = of(client);
  if (!source) return {};
  return std::string(source->bytes.begin(), source->bytes.end()) + "%" + std::to_string(source->scope);
}

}  // namespace socketserver
