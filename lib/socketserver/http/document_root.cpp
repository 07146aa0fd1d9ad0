#include "socketserver/http/document_root.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "socketserver/io/ascii.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {
namespace {

constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace

DocumentRoot::DocumentRoot(const std::string& directory, Links links)
    : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), links_(links) {
  if (!directory_) throw_os_error(errno, "open the directory " + directory);
}

Fd DocumentRoot::open(const std::string& path) const noexcept {
  const char* const name = path.empty() ? "." : path.c_str();
  if (links_ == Links::kFollow) return Fd(::openat(directory_.get(), name, kFlags));
  return platform::open_beneath(directory_.get(), name, kFlags);
}

std::optional<std::vector<DocumentRoot::Entry>> DocumentRoot::list(const Fd& directory) const {
  Fd own(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // with a position of its own
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(own ? ::fdopendir(own.get()) : nullptr, &::closedir);
  if (!entries) return std::nullopt;
  own.release();
  std::vector<Entry> found;
  while (const dirent* entry = ::readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status;
    const int flags = links_ == Links::kFollow ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(directory.get(), name.c_str(), &status, flags) < 0) continue;
    const bool is_directory = S_ISDIR(status.st_mode);
    if (is_directory || S_ISREG(status.st_mode)) found.push_back({std::move(name), is_directory});
  }
  std::ranges::sort(found, [](const Entry& a, const Entry& b) {
    const std::string one = upper(a.name), other = upper(b.name);
    return one != other ? one < other : a.name < b.name;
  });
  return found;
}

}  // namespace socketserver
