// The key that both ends of an authentication have.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace socketserver {

/// Bytes that nobody else may know; never empty. Copies share one place in memory, which is wiped when the
/// last of them goes; what is made of a key on the way (HMAC's own blocks, the caller's string) is not. Any
/// thread may use it.
class AuthKey {
 public:
  /// Longer than any key needs to be: HMAC gains nothing beyond the block of its hash, 64 bytes.
  static constexpr std::size_t kMost = 4096;

  /// Throws std::invalid_argument for an empty key, and for one over kMost bytes.
  explicit AuthKey(std::string_view bytes);

  /// What a file holds, without the line end ("\n" or "\r\n") that editors leave at its end: one, so that
  /// a key made by `openssl rand -hex 32 > key` is the same wherever it is typed. A key of raw random bytes
  /// may end so by chance; text is the better choice. The file may be a pipe. Throws OSError where it cannot
  /// be read, std::runtime_error for one that holds no key or too much, and, as ssh does, for one of ours
  /// that others can read or change; what() names the file.
  static AuthKey read(const std::string& path);

  /// Valid as long as a copy of the key is.
  std::string_view bytes() const noexcept { return *bytes_; }

 private:
  explicit AuthKey(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}

  std::shared_ptr<const std::string> bytes_;
};

}  // namespace socketserver
