#include "socketserver/service/file_store.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include "socketserver/net/error.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

Fd open_store(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  Fd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) throw_os_error(errno, "open the directory " + directory);
  if (::faccessat(opened.get(), ".", W_OK | X_OK, 0) < 0)
    throw_os_error(errno, "write to the directory " + directory);
  return opened;
}

// Of the file that has this name, if any.
std::optional<std::uint64_t> size_of(int directory, const std::string& name) {
  struct stat status;
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) return std::nullopt;
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool is_new(const FileStore& store, const StorePath& path) {
  try {
    return !size_of(open_directories(store.fileno(), path.directories()).get(), path.name());
  } catch (const FileNotFoundError&) {
    return true;
  }
}

}  // namespace

FileStore::FileStore(const std::string& directory, const StoreLimits& limits,
                     std::chrono::seconds part_lifetime)
    : directory_(open_store(directory)),
      kept_(directory_.get(), part_lifetime),
      quota_(directory_.get(), kept_, limits),
      swept_(make_shared_object<std::atomic<std::int64_t>>()) {
  sweep(std::chrono::seconds(0));
  kept_.expire();
}

void FileStore::sweep(std::chrono::seconds at_most_every) const {
  const std::int64_t now = std::time(nullptr);
  if (*swept_ + at_most_every.count() > now) return;
  *swept_ = now;
  remove_stale_parts(directory_.get());
}

FileReader FileStore::open(const StorePath& path) const {
  try {
    const Fd parent = open_directories(directory_.get(), path.directories());
    Fd file(::openat(parent.get(), path.name().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) throw_os_error(errno, "open " + printable(path.text()));
    return {std::move(file), path.text()};
  } catch (const OSError& error) {
    if (error.errnum() == EISDIR) throw IsADirectoryError("it is a directory");
    if (error.errnum() == ENOENT) throw RefusedError("there is no such file");
    if (error.errnum() == ELOOP || error.errnum() == EINVAL || error.errnum() == ENXIO)
      throw RefusedError("it is no regular file");
    throw;
  }
}

Fd FileStore::open_directory(const StorePath& path) const {
  try {
    return open_directories(directory_.get(), path.names());
  } catch (const FileNotFoundError&) {
    throw RefusedError("there is no such directory");
  }
}

// The quota is asked before anything is made, or removed to make room, and both are one step for others.
FilePart::FilePart(const FileStore& store, StorePath path, const PartTerms& terms)
    : store_(store), path_(std::move(path)) {
  store_.sweep();
  share_ = {terms.size, 0, is_new(store_, path_), terms.owner};
  const auto lock = store_.quota().lock(share_);
  find_part(terms);
  try {
    store_.quota().take(share_);
  } catch (...) {
    part_ = {};  // while nobody counts
    throw;
  }
  try {
    if (!part_.file) make_part(terms);
  } catch (...) {
    store_.quota().settle(share_, 0);
    throw;
  }
}

// One that has something, since others are not counted.
void FilePart::find_part(const PartTerms& terms) {
  if (terms.key.empty()) return;
  part_ = store_.kept().find(terms.key);
  measure();
  if (size_ == 0) part_ = {};
  share_.there = std::min(size_, terms.size);
  keep_ = static_cast<bool>(part_.file);
}

void FilePart::make_part(const PartTerms& terms) {
  if (!terms.key.empty()) part_ = store_.kept().open(terms.key, terms.owner, terms.size);
  keep_ = static_cast<bool>(part_.file);
  if (!part_.file) part_ = create_part(store_.fileno(), terms.size);
  measure();
}

void FilePart::measure() {
  struct stat status {};
  if (part_.file && ::fstat(part_.file.get(), &status) < 0) throw_os_error(errno, "stat a part of " + name());
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FilePart::~FilePart() {
  if (committed_) return;
  const bool stays = keep_ && part_.directory && size_ > 0;
  const auto lock = store_.quota().lock(share_);
  store_.quota().settle(share_, stays ? size_ : 0);
  if (!stays) ::unlinkat(directory(), part_.name.c_str(), 0);
  part_.file.reset();  // from now on it is counted as it is
}

Sha256 FilePart::sha256(const Socket* peer) const {
  const FileReader reader(Fd(::fcntl(part_.file.get(), F_DUPFD_CLOEXEC, 0)), name());
  return reader.sha256(size_, peer).value_or(Sha256());
}

void FilePart::clear() {
  if (::ftruncate(part_.file.get(), 0) < 0) throw_os_error(errno, "truncate " + name());
  size_ = 0;
}

void FilePart::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(part_.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_os_error(errno, "write " + name());
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Of two that replace the same file, each must see what it replaces.
void FilePart::put_in_place(int target) {
  const std::string& last = path_.name();
  const auto lock = store_.quota().lock(share_);
  const auto replaced = size_of(target, last);
  if (::renameat(directory(), part_.name.c_str(), target, last.c_str()) < 0) {
    if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST)
      throw RefusedError("a directory has that name");
    throw_os_error(errno, "rename to " + name());
  }
  committed_ = true;
  store_.quota().settle_stored(share_, replaced);
}

void FilePart::commit() {
  if (::fsync(part_.file.get()) < 0) throw_os_error(errno, "fsync " + name());
  std::size_t there = path_.directories().size();
  try {
    const Fd target = open_directories(store_.fileno(), path_.directories(), &there);
    put_in_place(target.get());
    if (::fsync(target.get()) < 0) throw_os_error(errno, "fsync the directory of " + name());
  } catch (...) {
    if (!committed_) remove_directories(store_.fileno(), path_.directories(), there);
    throw;
  }
  if (part_.directory) store_.kept().expire();
}

}  // namespace socketserver
