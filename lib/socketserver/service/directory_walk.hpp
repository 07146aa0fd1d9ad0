// What is in a directory, and below it.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "socketserver/net/fd.hpp"
#include "socketserver/service/store_path.hpp"

namespace socketserver {

/// Goes through a directory, in the order in which it is kept there, and on request through those within it,
/// each before what it holds. Symbolic links are not followed, parts of files (StorePath::kPartPrefix) passed
/// over. Memory and descriptors depend on the depth alone, at most StorePath::kDeepest. One thread.
class DirectoryWalk {
 public:
  /// kOther: neither file nor directory, or with a name that StorePath does not know, or too deep.
  enum class Kind { kFile, kDirectory, kOther };
  struct Entry {
    std::string path;  ///< from where the walk began, names with '/' between them
    Kind kind = Kind::kOther;
    std::uint64_t size = 0;  ///< of a file, in bytes
    std::int64_t time = 0;   ///< when it was last written, in seconds since 1970
  };

  /// Takes the directory over. Throws OSError.
  DirectoryWalk(Fd directory, bool recursive);

  /// nullopt at the end. Throws OSError; what vanishes meanwhile is passed over.
  std::optional<Entry> next();

 private:
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  struct Level {
    std::unique_ptr<DIR, Close> stream;
    std::string prefix;
  };

  void enter(Fd directory, std::string prefix);
  std::optional<Entry> look_at(const char* name);

  std::vector<Level> levels_;
  bool recursive_;
};

}  // namespace socketserver
