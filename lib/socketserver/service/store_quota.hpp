// How much a store may hold, and how much of it a client.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "socketserver/server/shared_object.hpp"
#include "socketserver/service/part_file.hpp"

namespace socketserver {

struct StoreLimits {
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t bytes = kNone;         ///< of all files, and of those on their way
  std::uint64_t files = kNone;         ///< how many
  std::uint64_t client_bytes = kNone;  ///< that one client may store in a day, whatever becomes of them later
};

/// Counts what a store has, for all processes that are forked after it is made. What others do to the
/// directory is noticed before anybody is refused: it is then counted anew, at most every kRecount. Costs
/// nothing where there are no limits. Any thread may call; calls take microseconds, but for counting.
class StoreQuota {
 public:
  static constexpr std::chrono::seconds kRecount{10};

  /// What a file takes, and what of that has been taken before.
  struct Share {
    std::uint64_t size = 0;   ///< of the whole file, in bytes
    std::uint64_t there = 0;  ///< of which so many are there already, kept from an earlier try
    bool new_file = true;     ///< its name has no file yet
    std::string client;       ///< whose it is; empty: nobody's whose bytes are counted
  };

  /// `store` is the store's directory, open as long as this one lives. Throws OSError.
  StoreQuota(int store, const KeptParts& kept, const StoreLimits& limits);

  /// Held while a share begins or ends, so that what is in the directory and what is counted change together;
  /// empty where nothing is counted.
  std::optional<DirectoryLock> lock(const Share& share) const;
  /// Under its lock(): for a part that is not there yet, or that was kept and is open. Throws RefusedError
  /// where that is more than there is.
  void take(const Share& share) const;
  /// The end of a share, under its lock(): `bytes` of it stay, in its place or to go on with.
  void settle(const Share& share, std::uint64_t bytes) const noexcept;
  /// The file is in its place, where one of `replaced` bytes was, or none.
  void settle_stored(const Share& share, std::optional<std::uint64_t> replaced) const noexcept;

 private:
  struct Client {
    std::atomic<std::uint64_t> key, used;
    std::atomic<std::int64_t> began;  // in seconds since 1970
  };
  /// Of processes; changed under a lock on the directory.
  struct State {
    std::atomic<std::uint64_t> bytes, files;
    std::atomic<std::int64_t> counted;  // when
    // As many as may store something in a day; where there are more, the ones that came first have all again.
    std::array<Client, 4096> clients;
  };
  bool counts() const { return limits_.bytes != StoreLimits::kNone || limits_.files != StoreLimits::kNone; }
  bool counts(const Share& share) const {
    return limits_.client_bytes != StoreLimits::kNone && !share.client.empty();
  }
  bool has_room(const Share& share) const;
  void count() const;
  void refuse(const Share& share) const;
  Client& find(const std::string& client) const;

  int store_;
  const KeptParts& kept_;
  StoreLimits limits_;
  SharedObject<State> state_;
};

}  // namespace socketserver
