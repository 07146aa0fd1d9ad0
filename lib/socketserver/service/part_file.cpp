#include "socketserver/service/part_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <string_view>
#include <tuple>

#include "socketserver/net/error.hpp"
#include "socketserver/service/store_path.hpp"

namespace socketserver {
namespace {

// Names are random, so that a second try finds one, but for a directory in which somebody plays games.
constexpr int kTries = 100;

constexpr mode_t kMode = 0666;      // less the umask, as of any program that creates files
constexpr mode_t kKeptMode = 0700;  // nobody else's business
constexpr std::size_t kKeyDigits = 32, kOwnerDigits = 16;  // of digests: enough to tell them apart

const std::string kKeptDirectory = std::string(StorePath::kPartPrefix) + "kept";

std::string random_name(std::uint64_t size) {
  thread_local std::random_device random;
  return std::string(StorePath::kPartPrefix) + std::to_string(::getpid()) + "-" + std::to_string(random()) +
         std::to_string(random()) + "-" + std::to_string(size);
}

// What stands behind the last '-'; 0 for names that are not ours.
std::uint64_t size_in(std::string_view name) {
  const std::string_view digits = name.substr(name.rfind('-') + 1);
  std::uint64_t size = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), size);
  return size;
}

bool lock(const Fd& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

// Somebody may have taken it for a dead one's between open and lock; and others may make what they like.
bool is_linked_file(const Fd& file) {
  struct stat status;
  return ::fstat(file.get(), &status) == 0 && status.st_nlink > 0 && S_ISREG(status.st_mode);
}

Fd open_locked(int directory, const std::string& name, int flags) {
  Fd file(::openat(directory, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, kMode));
  if (file && lock(file) && is_linked_file(file)) return file;
  if (file) errno = EWOULDBLOCK;
  return Fd();
}

template <class Each>
void for_each_name(int directory, Each each) {
  Fd listing(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(listing ? ::fdopendir(listing.get()) : nullptr,
                                                    &::closedir);
  if (!entries) throw_os_error(errno, "read the directory");
  static_cast<void>(listing.release());  // the stream's now
  while (const dirent* entry = ::readdir(entries.get())) each(std::string(entry->d_name));
}

}  // namespace

DirectoryLock::DirectoryLock(int directory)
    : file_(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  while (file_ && ::flock(file_.get(), LOCK_EX) < 0 && errno == EINTR) {
  }
}

PartFile create_part(int directory, std::uint64_t size) {
  for (int i = 0; i < kTries; ++i) {
    std::string name = random_name(size);
    if (Fd file = open_locked(directory, name, O_CREAT | O_EXCL)) return {std::move(file), Fd(), name};
    if (errno != EEXIST && errno != EWOULDBLOCK) break;
  }
  throw_os_error(errno, "create a part");
}

void remove_stale_parts(int directory) {
  for_each_name(directory, [&](const std::string& name) {
    if (name.starts_with(StorePath::kPartPrefix) && open_locked(directory, name, 0))
      ::unlinkat(directory, name.c_str(), 0);
  });
}

std::uint64_t bytes_of_parts(int directory) {
  std::uint64_t all = 0;
  for_each_name(directory, [&](const std::string& name) {
    if (name.starts_with(StorePath::kPartPrefix) && name != kKeptDirectory) all += size_in(name);
  });
  return all;
}

// ---- kept ones: <key>-<owner>-<size> ----

struct KeptParts::Kept {
  std::string name;
  Fd file;  // locked; none where somebody writes it
  std::time_t time = 0;
  std::uint64_t bytes = 0;

  bool has_key(const std::string& key) const { return name.starts_with(key.substr(0, kKeyDigits) + "-"); }
  std::string owner() const { return name.substr(kKeyDigits + 1, kOwnerDigits); }
};

// Each of them, without those that are too old, which go.
template <class Each>
void KeptParts::for_each(int directory, Each each) const {
  for_each_name(directory, [&](const std::string& name) {
    struct stat status;
    if (name.size() <= kKeyDigits + kOwnerDigits + 2) return;
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) return;
    Kept kept{name, open_locked(directory, name, 0), status.st_mtime, 0};
    kept.bytes = kept.file ? static_cast<std::uint64_t>(status.st_size) : size_in(name);
    if (kept.file && kept.time + lifetime_.count() < std::time(nullptr))
      ::unlinkat(directory, name.c_str(), 0);
    else
      each(kept);
  });
}

// None where it is not there and shall not be made.
Fd KeptParts::open_directory(bool create) const {
  for (int i = 0; i < kTries; ++i) {  // others remove it when it is empty
    if (create && ::mkdirat(store_, kKeptDirectory.c_str(), kKeptMode) < 0 && errno != EEXIST) break;
    Fd directory(::openat(store_, kKeptDirectory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory || (errno == ENOENT && !create)) return directory;
    if (errno != ENOENT) break;
  }
  throw_os_error(errno, "open the directory of kept parts");
}

// Where there is no place for one more of `owner`, whoever would have the most of them loses his oldest:
// nobody can hold all of them. `owner` counts with the one that is to come. What is being written stays.
bool KeptParts::make_room(int directory, const std::string& owner) const {
  struct Share {
    std::size_t parts = 0;
    std::time_t time = 0;
    std::string oldest;  // empty: all of them are being written
  };
  std::map<std::string, Share> shares;
  std::size_t all = 0;
  const Share& own = shares[owner] = {1, 0, ""};
  for_each(directory, [&](const Kept& kept) {
    Share& share = shares[kept.owner()];
    if (kept.file && (share.oldest.empty() || kept.time < share.time)) {
      share.oldest = kept.name;
      share.time = kept.time;
    }
    ++share.parts;
    ++all;
  });
  if (own.parts <= kMostOfOwner && all < kMost) return true;
  const auto gives_less = [](const auto& a, const auto& b) {
    return std::tuple(!a.second.oldest.empty(), a.second.parts, -a.second.time) <
           std::tuple(!b.second.oldest.empty(), b.second.parts, -b.second.time);
  };
  const Share& most = own.parts > kMostOfOwner ? own : std::ranges::max_element(shares, gives_less)->second;
  return !most.oldest.empty() && ::unlinkat(directory, most.oldest.c_str(), 0) == 0;
}

PartFile KeptParts::open(const std::string& key, const std::string& of, std::uint64_t size) const {
  const std::string owner = of.empty() ? std::string(kOwnerDigits, '0') : of.substr(0, kOwnerDigits);
  std::optional<PartFile> part;
  if (lifetime_.count() > 0)
    for (int i = 0; i < kTries && !part; ++i) part = try_open(key, owner, size);
  return part ? std::move(*part) : PartFile();
}

// Gives it in `part`; true also for one that somebody writes.
bool KeptParts::look_for(const std::string& key, PartFile& part) const {
  bool there = false;
  for_each(part.directory.get(), [&](Kept& kept) {
    if (!kept.has_key(key)) return;
    there = true;
    part.file = std::move(kept.file);
    part.name = kept.name;
  });
  return there;
}

PartFile KeptParts::find(const std::string& key) const {
  PartFile part;
  if (lifetime_.count() > 0) part.directory = open_directory(false);
  if (!part.directory) return part;
  const DirectoryLock turn(part.directory.get());
  look_for(key, part);
  return part.file ? std::move(part) : PartFile();
}

// Nothing where others removed the directory, empty as it was, before it was our turn.
std::optional<PartFile> KeptParts::try_open(const std::string& key, const std::string& owner,
                                            std::uint64_t size) const {
  PartFile part;
  part.directory = open_directory(true);
  const int directory = part.directory.get();
  const DirectoryLock turn(directory);
  if (look_for(key, part) || !make_room(directory, owner)) return part;
  part.name = key.substr(0, kKeyDigits) + "-" + owner + "-" + std::to_string(size);
  part.file = open_locked(directory, part.name, O_CREAT | O_EXCL);
  if (!part.file && errno == ENOENT) return std::nullopt;
  return part;
}

void KeptParts::expire() const {
  const Fd directory = open_directory(false);
  if (!directory) return;
  const DirectoryLock turn(directory.get());
  for_each(directory.get(), [](const Kept&) {});
  ::unlinkat(store_, kKeptDirectory.c_str(), AT_REMOVEDIR);  // fails while there are some
}

std::uint64_t KeptParts::bytes() const {
  std::uint64_t all = 0;
  if (const Fd directory = open_directory(false)) {
    const DirectoryLock turn(directory.get());
    for_each(directory.get(), [&](const Kept& kept) { all += kept.bytes; });
  }
  return all;
}

}  // namespace socketserver
