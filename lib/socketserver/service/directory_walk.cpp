#include "socketserver/service/directory_walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

bool is_nameable(std::string_view name) {
  try {
    StorePath::check_name(name);
    return true;
  } catch (const RefusedError&) {
    return false;
  }
}

bool is_passed_over(std::string_view name) {
  return name == "." || name == ".." || name.starts_with(StorePath::kPartPrefix);
}

DirectoryWalk::Kind kind_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return DirectoryWalk::Kind::kFile;
  return S_ISDIR(status.st_mode) ? DirectoryWalk::Kind::kDirectory : DirectoryWalk::Kind::kOther;
}

}  // namespace

DirectoryWalk::DirectoryWalk(Fd directory, bool recursive) : recursive_(recursive) {
  enter(std::move(directory), "");
}

void DirectoryWalk::enter(Fd directory, std::string prefix) {
  std::unique_ptr<DIR, Close> stream(::fdopendir(directory.get()));
  if (!stream) throw_os_error(errno, "read the directory " + prefix);
  static_cast<void>(directory.release());  // the stream's now
  levels_.push_back({std::move(stream), std::move(prefix)});
}

std::optional<DirectoryWalk::Entry> DirectoryWalk::next() {
  while (!levels_.empty()) {
    errno = 0;
    const dirent* const entry = ::readdir(levels_.back().stream.get());
    if (entry == nullptr) {
      if (errno != 0) throw_os_error(errno, "read the directory " + levels_.back().prefix);
      levels_.pop_back();
    } else if (!is_passed_over(entry->d_name)) {
      if (auto found = look_at(entry->d_name)) return found;
    }
  }
  return std::nullopt;
}

// Nothing where it has vanished.
std::optional<DirectoryWalk::Entry> DirectoryWalk::look_at(const char* name) {
  const int parent = ::dirfd(levels_.back().stream.get());
  struct stat status;
  if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return std::nullopt;
  Entry entry{levels_.back().prefix + name, kind_of(status), static_cast<std::uint64_t>(status.st_size),
              status.st_mtime};
  if (!is_nameable(name)) entry.kind = Kind::kOther;
  if (entry.kind != Kind::kDirectory || !recursive_) return entry;
  Fd directory;
  if (levels_.size() <= StorePath::kDeepest)
    directory.reset(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  directory ? enter(std::move(directory), entry.path + "/") : void(entry.kind = Kind::kOther);
  return entry;
}

}  // namespace socketserver
