#include "socketserver/http/document_root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

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

std::optional<DocumentRoot::Listing> DocumentRoot::list(const Fd& directory, std::size_t most) const {
  Fd own(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // with a position of its own
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(own ? ::fdopendir(own.get()) : nullptr, &::closedir);
  if (!entries) return std::nullopt;
  own.release();
  Listing found{{}, true};
  while (const dirent* entry = ::readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status;
    const int flags = links_ == Links::kFollow ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(directory.get(), name.c_str(), &status, flags) < 0) continue;
    const bool is_directory = S_ISDIR(status.st_mode);
    if (!is_directory && !S_ISREG(status.st_mode)) continue;
    found.whole = found.entries.size() < most;
    if (!found.whole) break;
    found.entries.push_back({std::move(name), is_directory});
  }
  std::ranges::sort(found.entries, [](const Entry& a, const Entry& b) {
    const int order = ::strcasecmp(a.name.c_str(), b.name.c_str());
    return order != 0 ? order < 0 : a.name < b.name;
  });
  return found;
}

}  // namespace socketserver
