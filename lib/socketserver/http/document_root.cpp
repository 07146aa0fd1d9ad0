#include "socketserver/http/document_root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver {
namespace {

constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// To open a pipe ends the waiting of who writes to it, and to open a device may do anything.
bool is_special(int directory, const char* name, int flags) noexcept {
  struct stat status;
  return ::fstatat(directory, name, &status, flags) == 0 && !S_ISREG(status.st_mode) &&
         !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode);
}

// As it is when the working directory is gone, of which no other path leads anywhere.
std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path found = std::filesystem::absolute(path, error);
  return error ? path : found.string();
}

}  // namespace

DocumentRoot::DocumentRoot(const std::string& directory, Links links)
    : path_(absolute(directory)), directory_(::open(directory.c_str(), kDirectoryFlags)), links_(links) {
  if (!directory_) throw_os_error(errno, "open the directory " + directory);
}

// True when there is another directory. By dup2(2) threads that use the number meanwhile see the one or the
// other.
bool DocumentRoot::follow_path() const noexcept {
  struct stat there, kept;
  if (::stat(path_.c_str(), &there) < 0 || ::fstat(directory_.get(), &kept) < 0) return false;
  if (there.st_ino == kept.st_ino && there.st_dev == kept.st_dev) return false;
  const Fd found(::open(path_.c_str(), kDirectoryFlags));
  if (!found || ::dup2(found.get(), directory_.get()) < 0) return false;
  ::fcntl(directory_.get(), F_SETFD, FD_CLOEXEC);
  return true;
}

// To look each time would cost a tenth of what a small file does.
bool DocumentRoot::is_time_to_look() const noexcept {
  const std::time_t now = std::time(nullptr);
  if (looked_.load(std::memory_order_relaxed) == now) return false;
  looked_.store(now, std::memory_order_relaxed);
  return true;
}

Fd DocumentRoot::open(const std::string& path) const noexcept {
  const char* const name = path.empty() ? "." : path.c_str();
  if (path.empty() || is_time_to_look()) follow_path();
  Fd file = open_kept(name);
  if (!file && errno == ENOENT) {
    if (follow_path()) return open_kept(name);
    errno = ENOENT;
  }
  return file;
}

Fd DocumentRoot::open_kept(const char* name) const noexcept {
  if (is_special(directory_.get(), name, stat_flags())) {
    errno = EACCES;
    return {};
  }
  if (links_ == Links::kFollow) return Fd(::openat(directory_.get(), name, kFlags));
  return platform::open_beneath(directory_.get(), name, kFlags);
}

int DocumentRoot::stat_flags() const noexcept { return links_ == Links::kFollow ? 0 : AT_SYMLINK_NOFOLLOW; }

std::optional<DocumentRoot::Listing> DocumentRoot::list(const Fd& directory, std::size_t most) const {
  Fd own(::openat(directory.get(), ".", kDirectoryFlags));  // with a position of its own
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(own ? ::fdopendir(own.get()) : nullptr, &::closedir);
  if (!entries) return std::nullopt;
  own.release();
  Listing found{{}, true};
  while (const dirent* entry = ::readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status;
    if (::fstatat(directory.get(), name.c_str(), &status, stat_flags()) < 0) continue;
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
