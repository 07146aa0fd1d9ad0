// Reading files that others may change meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "socketserver/crypto/md5.hpp"
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

/// A regular file, read at positions of the caller's choice. Owns its descriptor. One thread.
class FileReader {
 public:
  /// Bytes at a time: past 256 KiB nothing gets faster.
  static constexpr std::size_t kBlockSize = std::size_t{256} << 10;

  /// Opens a file, by a path that follows symbolic links. Throws OSError that names the path, also for a
  /// directory (EISDIR) and for what is no regular file.
  explicit FileReader(const std::string& path);
  /// Of a file that is open; `name` is for messages.
  FileReader(Fd file, std::string name);

  std::uint64_t size() const noexcept { return size_; }  ///< when it was opened
  int fileno() const noexcept { return file_.get(); }

  /// As much as `block` has room for, less where the file ends, 0 behind its end. Throws OSError.
  std::size_t read_at(std::string& block, std::uint64_t offset) const;

  /// Of its first `size` bytes; fibers and shutdown() have their turn meanwhile. nullopt when it has not so
  /// many. Throws OSError, and ConnectionAbortedError when `peer`, for whom it is done, is given and its
  /// connection breaks or is interrupted.
  std::optional<Md5> md5(std::uint64_t size, const Socket* peer = nullptr) const;
  std::optional<Sha256> sha256(std::uint64_t size, const Socket* peer = nullptr) const;
  /// Throws std::runtime_error for one that is sent and has not as much as it had.
  [[noreturn]] static void fail_shorter();

 private:
  template <class Hash>
  std::optional<Hash> hash(std::uint64_t size, const Socket* peer) const;

  std::string name_;
  Fd file_;
  std::uint64_t size_ = 0;
};

}  // namespace socketserver
