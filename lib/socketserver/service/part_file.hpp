// Parts of files: what has arrived of them, in a directory beside their place. Each is locked (flock(2)) by
// whoever writes it, so that others can tell it from what a dead process left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// An open, locked part; none where `file` is none.
struct PartFile {
  Fd file;
  Fd directory;  ///< where it is; none: in the store's
  std::string name;
};

/// A directory is one's own while it lives, among threads, too; where a process dies, its lock goes with it.
/// Where there is no descriptor for it, or the directory is gone, nothing is locked.
class DirectoryLock {
 public:
  explicit DirectoryLock(int directory);

 private:
  Fd file_;
};

/// Creates a part of a file of `size` bytes, under a random name that tells this. Throws OSError.
PartFile create_part(int directory, std::uint64_t size);

/// Removes the parts that nobody writes any more.
void remove_stale_parts(int directory);

/// What the parts in progress will have once they are whole, in bytes.
std::uint64_t bytes_of_parts(int directory);

/// Parts that are kept where a connection broke, to go on with them: in a directory of their own
/// below the store's, which is there only while there are some. Several processes may use it.
class KeptParts {
 public:
  /// Of one owner and of all of them: enough for who sends many files over a bad line, and few
  /// enough to go through them each time. Where there are more, the owner who has the most loses its oldest
  /// one, but none that is being written.
  static constexpr std::size_t kMostOfOwner = 16, kMost = 256;

  /// `store` is the store's directory, open for as long as this one lives; parts that were not written to for
  /// `lifetime` are removed; where it is 0, none are kept.
  KeptParts(int store, std::chrono::seconds lifetime) : store_(store), lifetime_(lifetime) {}

  /// The part of a file of `size` bytes that was kept under `key`, whoever's it was, or else a new one of
  /// `owner`, which then is empty. None where somebody else writes it, or where there are as many as may be
  /// and they are being written. `key` and `owner` are digests in hexadecimal digits, of which the first ones
  /// count; without an owner it is nobody's. Throws OSError.
  PartFile open(const std::string& key, const std::string& owner, std::uint64_t size) const;

  /// The part that was kept under `key`, where there is one that nobody writes; nothing is made, and nothing
  /// removed to make room. Throws OSError.
  PartFile find(const std::string& key) const;

  /// Removes those that were not written to for so long, and the directory where it is empty then.
  void expire() const;

  /// What they take, and will take where they are being written, in bytes.
  std::uint64_t bytes() const;

 private:
  struct Kept;
  template <class Each>
  void for_each(int directory, Each each) const;
  Fd open_directory(bool create) const;
  bool look_for(const std::string& key, PartFile& part) const;
  std::optional<PartFile> try_open(const std::string& key, const std::string& owner,
                                   std::uint64_t size) const;
  bool make_room(int directory, const std::string& owner) const;

  int store_;
  std::chrono::seconds lifetime_;
};

}  // namespace socketserver
