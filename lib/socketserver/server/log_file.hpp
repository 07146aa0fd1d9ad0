// A file that several processes add to.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "socketserver/net/fd.hpp"
#include "socketserver/server/shared_object.hpp"

namespace socketserver {

/// Every write goes to the end of the file whole, whoever else writes; a file that cannot be written is
/// complained of once, on stderr. Writing: any thread may.
class LogFile {
 public:
  enum class Begin : unsigned char { kAppend, kEmpty };
  /// Makes the file where there is none. "-" is standard output. Throws OSError, "open FILE: ...".
  LogFile(const std::string& path, Begin begin);
  /// False when it could not, or not whole.
  bool write(std::string_view bytes) noexcept;

 private:
  std::string path_;
  Fd own_;
  int fd_;
  SharedObject<std::atomic<bool>> failed_;  // forked processes add to the same file
};

}  // namespace socketserver
