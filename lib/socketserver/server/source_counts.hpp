// How much each client has of a server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "socketserver/net/address.hpp"

namespace socketserver {

/// Counts what is in progress for each source. An IPv4 address is a source, also where it is mapped into
/// IPv6; of IPv6 it is the network of 64 bits, since whoever has one address of it usually has them all; but
/// link-local addresses, which share one network, count one by one, with their scope. Unix sockets have no
/// source, and are not counted. Memory is used for sources that have something in progress alone. Any thread
/// may call.
class SourceCounts {
 public:
  /// Counts one more for the source of `client`, or returns false where it has `most` already.
  bool enter(const Address& client, std::size_t most);
  /// The end of one that enter() counted.
  void leave(const Address& client) noexcept;
  /// Sources that have something in progress.
  std::size_t size() const;

 private:
  /// An address of IPv6, of which what does not count is 0, and its scope.
  struct Source {
    std::array<std::uint8_t, 16> bytes{};
    std::uint32_t scope = 0;
    friend auto operator<=>(const Source&, const Source&) = default;
  };
  static bool find_source(const Address& client, Source& source) noexcept;

  mutable std::mutex mutex_;  // guards counts_
  std::map<Source, std::size_t> counts_;
};

}  // namespace socketserver
