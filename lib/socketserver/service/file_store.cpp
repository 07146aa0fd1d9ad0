#include "socketserver/service/file_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <random>

#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// NAME_MAX of every file system in use; longer names would fail anyway, with a message that helps less.
constexpr std::size_t kLongestName = 255;

// Names are random, so that a second try finds one, but for a directory in which somebody plays games.
constexpr int kTries = 100;

constexpr mode_t kMode = 0666;  // less the umask, as of any program that creates files

std::string random_part_name() {
  thread_local std::random_device random;
  return std::string(FileStore::kPartPrefix) + std::to_string(::getpid()) + "-" + std::to_string(random()) +
         std::to_string(random());
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Locks the part, so that no other store takes it for a dead one's; -1 when it exists, or was just taken for
// that.
Fd create_part(int directory, const std::string& name) {
  Fd file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file) return Fd();
  if (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) {
    const int error = errno;
    ::unlinkat(directory, name.c_str(), 0);
    errno = error;
    return Fd();
  }
  struct stat status;
  if (::fstat(file.get(), &status) == 0 && status.st_nlink > 0) return file;
  errno = EEXIST;
  return Fd();
}

}  // namespace

FileStore::FileStore(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  directory_ = Fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_) throw_os_error(errno, "open the directory " + directory);
  if (::faccessat(directory_.get(), ".", W_OK | X_OK, 0) < 0)
    throw_os_error(errno, "write to the directory " + directory);
  remove_stale_parts();
}

void FileStore::remove_stale_parts() {
  const int listing = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(listing), &::closedir);
  if (!entries) throw_os_error(errno, "read the directory");
  while (const dirent* entry = ::readdir(entries.get())) {
    if (!std::string_view(entry->d_name).starts_with(kPartPrefix)) continue;
    const Fd file(::openat(directory_.get(), entry->d_name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlinkat(directory_.get(), entry->d_name, 0);
  }
}

std::string FileStore::name_for(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (name.empty() || name == "." || name == "..") throw RefusedError("the file name is none");
  if (name.size() > kLongestName) throw RefusedError("the file name is longer than 255 bytes");
  if (std::ranges::any_of(name, is_control)) throw RefusedError("the file name holds a control character");
  if (name.starts_with(kPartPrefix))
    throw RefusedError("names that begin with " + std::string(kPartPrefix) + " are taken");
  return std::string(name);
}

FilePart::FilePart(const FileStore& store, std::string_view path)
    : store_(store), name_(FileStore::name_for(path)) {
  for (int i = 0; i < kTries && !file_; ++i) {
    part_name_ = random_part_name();
    file_ = create_part(store_.fileno(), part_name_);
    if (!file_ && errno != EEXIST && errno != EWOULDBLOCK) break;
  }
  if (!file_) throw_os_error(errno, "create a part of " + name_);
}

FilePart::~FilePart() {
  if (!part_name_.empty()) ::unlinkat(store_.fileno(), part_name_.c_str(), 0);
}

void FilePart::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_os_error(errno, "write " + name_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void FilePart::commit() {
  if (::fsync(file_.get()) < 0) throw_os_error(errno, "fsync " + name_);
  if (::renameat(store_.fileno(), part_name_.c_str(), store_.fileno(), name_.c_str()) < 0) {
    if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST)
      throw RefusedError("a directory has that name");
    throw_os_error(errno, "rename to " + name_);
  }
  part_name_.clear();
  if (::fsync(store_.fileno()) < 0) throw_os_error(errno, "fsync the directory of " + name_);
}

}  // namespace socketserver
