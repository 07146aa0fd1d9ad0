// A directory whose files anybody may read, and nothing outside it.
#pragma once

#include <atomic>
#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// Opens files below the directory that its path leads to: it may be removed and made anew, or another one
/// put in its place, which is noticed within a second. While there is none, the last one that was there
/// counts, so it may be renamed. The process may go elsewhere. Any thread may call.
class DocumentRoot {
 public:
  /// Whether symbolic links count. Not by default: one would be a way out of the directory.
  enum class Links { kRefuse, kFollow };

  /// Throws OSError that names the directory.
  explicit DocumentRoot(const std::string& directory, Links links = Links::kRefuse);

  /// `path` is one of relative_path(): no NUL, no ".."; "" is the directory itself. For reading. None and
  /// errno where it cannot be had: EACCES for what is no file or directory, which is not touched.
  Fd open(const std::string& path) const noexcept;

  struct Entry {
    std::string name;
    bool is_directory;
  };
  struct Listing {
    std::vector<Entry> entries;
    bool whole;  ///< else there are more
  };
  /// The files and directories in one that was opened, `most` of them, whichever come first; in the order of
  /// a dictionary, whatever the case. What open() would refuse is left out. None and errno where it cannot be
  /// read.
  std::optional<Listing> list(const Fd& directory, std::size_t most) const;

 private:
  bool follow_path() const noexcept;
  bool is_time_to_look() const noexcept;
  Fd open_kept(const char* name) const noexcept;
  int stat_flags() const noexcept;

  std::string path_;
  Fd directory_;  // whose number stays
  mutable std::atomic<std::time_t> looked_{0};
  Links links_;
};

}  // namespace socketserver
