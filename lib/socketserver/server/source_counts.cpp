#include "socketserver/server/source_counts.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace socketserver {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // RFC 4291: the other 64 bits name an interface in it

}  // namespace

// False where there is none.
bool SourceCounts::find_source(const Address& client, Source& source) noexcept {
  if (client.family() == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, client.data(), sizeof in);
    source.bytes[10] = source.bytes[11] = 0xff;  // RFC 4291: ::ffff:1.2.3.4
    std::memcpy(&source.bytes[12], &in.sin_addr, sizeof in.sin_addr);
    return true;
  }
  if (client.family() != AF_INET6) return false;
  sockaddr_in6 in6;
  std::memcpy(&in6, client.data(), sizeof in6);
  std::memcpy(source.bytes.data(), &in6.sin6_addr, source.bytes.size());
  if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
    source.scope = in6.sin6_scope_id;
  else if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
    std::fill(source.bytes.begin() + kNetworkBytes, source.bytes.end(), std::uint8_t{0});
  return true;
}

bool SourceCounts::enter(const Address& client, std::size_t most) {
  Source source;
  if (!find_source(client, source)) return true;
  const std::lock_guard lock(mutex_);
  const auto [at, first] = counts_.try_emplace(source, 0);
  if (at->second < most) return ++at->second, true;
  if (first) counts_.erase(at);
  return false;
}

void SourceCounts::leave(const Address& client) noexcept {
  Source source;
  if (!find_source(client, source)) return;
  const std::lock_guard lock(mutex_);
  const auto at = counts_.find(source);
  if (at != counts_.end() && --at->second == 0) counts_.erase(at);
}

std::size_t SourceCounts::size() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace socketserver
