#include "socketserver/service/auth_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver {
namespace {

// volatile, because a compiler may otherwise leave out what nobody reads any more.
void wipe(std::string& bytes) noexcept {
  bytes.resize(bytes.capacity());
  volatile char* const at = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) at[i] = '\0';
}

// A string whose memory is wiped in the end. `room` is all that it will ever need: to grow would leave a copy
// behind.
std::shared_ptr<std::string> make_secret(std::size_t room) {
  std::shared_ptr<std::string> secret(new std::string, [](std::string* bytes) {
    wipe(*bytes);
    delete bytes;
  });
  secret->reserve(room);
  return secret;
}

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error("the key file " + path + " " + why);
}

// Of files of others, their owner may know whom else they are for.
void refuse_readable_by_others(int fd, const std::string& path) {
  struct stat status;
  if (::fstat(fd, &status) < 0) throw_os_error(errno, "cannot read the key file " + path);
  if (S_ISDIR(status.st_mode)) throw_os_error(EISDIR, "cannot read the key file " + path);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) fail(path, "is a device");
  if (status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    fail(path, "can be read or changed by others; to cure it: chmod 600");
}

void read_all(int fd, const std::string& path, std::string& into) {
  into.resize(into.capacity());
  std::size_t size = 0;
  while (size < into.size()) {
    const ssize_t got = ::read(fd, into.data() + size, into.size() - size);
    if (got < 0 && errno != EINTR) throw_os_error(errno, "cannot read the key file " + path);
    if (got == 0) break;
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  into.resize(size);
}

}  // namespace

AuthKey::AuthKey(std::string_view bytes) {
  if (bytes.empty()) throw std::invalid_argument("a key is empty");
  if (bytes.size() > kMost) throw std::invalid_argument("a key is longer than 4096 bytes");
  const auto secret = make_secret(bytes.size());
  secret->append(bytes);
  bytes_ = secret;
}

AuthKey AuthKey::read(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_os_error(errno, "cannot read the key file " + path);
  refuse_readable_by_others(fd.get(), path);
  const auto secret = make_secret(kMost + sizeof "\r\n");
  read_all(fd.get(), path, *secret);
  const std::size_t line_end = secret->ends_with("\r\n") ? 2 : secret->ends_with('\n') ? 1 : 0;
  secret->resize(secret->size() - line_end);
  if (secret->empty()) fail(path, "is empty");
  if (secret->size() > kMost) fail(path, "is longer than 4096 bytes");
  return AuthKey(std::shared_ptr<const std::string>(secret));
}

}  // namespace socketserver
