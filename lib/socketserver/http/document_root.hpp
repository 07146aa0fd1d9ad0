// A directory whose files anybody may read, and nothing outside it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// Opens files below one directory, which it keeps open: it may be renamed, and the process may go elsewhere.
/// Any thread may call.
class DocumentRoot {
 public:
  /// Whether symbolic links count. Not by default: one would be a way out of the directory.
  enum class Links { kRefuse, kFollow };

  /// Throws OSError that names the directory.
  explicit DocumentRoot(const std::string& directory, Links links = Links::kRefuse);

  /// `path` is one of relative_path(): no NUL, no ".."; "" is the directory itself. For reading; without
  /// waiting for who writes to a pipe. None and errno where it cannot be had.
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
  Fd directory_;
  Links links_;
};

}  // namespace socketserver
