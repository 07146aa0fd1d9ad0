// How much each client has of a server.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "socketserver/server/source.hpp"

namespace socketserver {

/// Counts what is in progress for each source. Unix sockets have no source, and are not counted. Memory is
/// used for sources that have something in progress alone. Any thread may call.
class SourceCounts {
 public:
  /// Counts one more for the source of `client`, or returns false where it has `most` already.
  bool enter(const Address& client, std::size_t most);
  /// The end of one that enter() counted.
  void leave(const Address& client) noexcept;
  /// Sources that have something in progress.
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;  // guards counts_
  std::map<Source, std::size_t> counts_;
};

}  // namespace socketserver
