// A directory into which files from strangers come, whole or not at all, and from which they go.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/crypto/sha256.hpp"
#include "socketserver/net/fd.hpp"
#include "socketserver/server/shared_object.hpp"
#include "socketserver/service/file_reader.hpp"
#include "socketserver/service/part_file.hpp"
#include "socketserver/service/store_path.hpp"
#include "socketserver/service/store_quota.hpp"

namespace socketserver {

/// A directory has that name, and not a file.
class IsADirectoryError : public RefusedError {
  using RefusedError::RefusedError;
};

/// Files grow beside their place, under names that begin with kPartPrefix, and are put there by rename(2)
/// once they are complete and on the disk: whatever happens, a name has its old file or its new one. Symbolic
/// links in the directory are never followed. Several stores, in several processes, may share one directory.
/// Any thread may call; the store outlives its parts.
class FileStore {
 public:
  static constexpr std::string_view kPartPrefix = StorePath::kPartPrefix;
  /// Of kept parts (part_file.hpp): who comes back at all does so the day after.
  static constexpr std::chrono::hours kPartLifetime{24};

  /// Going through a directory of a million files takes a second; few processes die.
  static constexpr std::chrono::minutes kSweepInterval{10};

  /// Opens `directory`, creating it where it is missing, and removes the parts that dead processes left
  /// there, but for those that are kept. Throws OSError that names the directory.
  explicit FileStore(const std::string& directory, const StoreLimits& limits = {},
                     std::chrono::seconds part_lifetime = kPartLifetime);
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;

  /// Opens a file to read. IsADirectoryError, and RefusedError for what else is not to be read: nothing,
  /// symbolic links, what is no regular file. OSError.
  FileReader open(const StorePath& path) const;
  /// Opens a directory to walk through; the store's own for an empty path. RefusedError where there is none.
  Fd open_directory(const StorePath& path) const;

  int fileno() const noexcept { return directory_.get(); }
  /// Removes the parts that processes left which died since, if nobody has looked within that time, be it in
  /// this process or in one that was forked off it. Each new part does so. Throws OSError.
  void sweep(std::chrono::seconds at_most_every = kSweepInterval) const;

  const KeptParts& kept() const noexcept { return kept_; }
  const StoreQuota& quota() const noexcept { return quota_; }

 private:
  Fd directory_;
  KeptParts kept_;
  StoreQuota quota_;
  SharedObject<std::atomic<std::int64_t>> swept_;  // when, in seconds since 1970
};

/// What is known of a file before it comes.
struct PartTerms {
  std::uint64_t size = 0;
  /// A digest, in hexadecimal digits, of whose it is: StoreLimits count for each. Empty: nobody's.
  std::string owner;
  /// The same of what belongs together: a part that is given up stays, and the next one of this key goes on
  /// with it. Empty: none.
  std::string key;
};

/// A file on its way into a store; gone again unless commit() or keep() was called. One thread.
class FilePart {
 public:
  /// RefusedError where a limit forbids it, OSError when it cannot be created.
  FilePart(const FileStore& store, StorePath path, const PartTerms& terms);
  ~FilePart();
  FilePart(const FilePart&) = delete;
  FilePart& operator=(const FilePart&) = delete;

  /// Where it goes.
  std::string name() const { return path_.text(); }
  /// How much is there: at first what was kept.
  std::uint64_t size() const noexcept { return size_; }
  /// Of what is there. Throws as FileReader::sha256().
  Sha256 sha256(const Socket* peer = nullptr) const;
  /// Throws away what is there.
  void clear();
  /// Appends. OSError when the disk is full, and so on.
  void write(std::string_view bytes);
  /// Brings it to the disk and to its name, where it replaces what was there; missing directories are made.
  /// OSError when that fails, RefusedError when a directory is there, or no directory on the way; then no
  /// directory is left that was made.
  void commit();
  /// From now on, or not any more: where it has a key, it stays when it is given up.
  void keep(bool wanted) noexcept { keep_ = wanted; }

 private:
  int directory() const noexcept { return part_.directory ? part_.directory.get() : store_.fileno(); }
  void find_part(const PartTerms& terms);
  void make_part(const PartTerms& terms);
  void measure();
  void put_in_place(int target);

  const FileStore& store_;
  StorePath path_;
  PartFile part_;
  StoreQuota::Share share_;
  std::uint64_t size_ = 0;
  bool keep_ = false, committed_ = false;
};

}  // namespace socketserver
