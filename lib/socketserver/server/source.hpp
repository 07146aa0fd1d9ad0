// Who counts as one client.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "socketserver/net/address.hpp"

namespace socketserver {

/// Where clients come from that limits treat as one: an IPv4 address, also where it is mapped into IPv6; of
/// IPv6 the network of 64 bits, since whoever has one address of it usually has them all; but link-local
/// addresses, which share one network, one by one, with their scope.
struct Source {
  std::array<std::uint8_t, 16> bytes{};  ///< an address of IPv6, of which what does not count is 0
  std::uint32_t scope = 0;

  /// Unix sockets have none.
  static std::optional<Source> of(const Address& client) noexcept;

  /// What tells the source of `client` from others, in bytes; empty where it has none.
  static std::string key_of(const Address& client);

  friend auto operator<=>(const Source&, const Source&) = default;
};

}  // namespace socketserver
