#include "socketserver/service/file_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

Fd open_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not keep it waiting
  if (!file) throw_os_error(errno, "open " + path);
  return file;
}

}  // namespace

FileReader::FileReader(const std::string& path) : FileReader(open_file(path), path) {}

FileReader::FileReader(Fd file, std::string name) : name_(std::move(name)), file_(std::move(file)) {
  struct stat status;
  if (::fstat(file_.get(), &status) < 0) throw_os_error(errno, "stat " + name_);
  if (S_ISDIR(status.st_mode)) throw_os_error(EISDIR, "read " + name_);
  if (!S_ISREG(status.st_mode)) throw_os_error(EINVAL, "read " + name_ + ", which is no regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t FileReader::read_at(std::string& block, std::uint64_t offset) const {
  ssize_t got;
  do got = ::pread(file_.get(), block.data(), block.size(), static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  if (got < 0) throw_os_error(errno, "read " + name_);
  return static_cast<std::size_t>(got);
}

template <class Hash>
std::optional<Hash> FileReader::hash(std::uint64_t size, const Socket* peer) const {
  Hash hash;
  pollfd end{peer == nullptr ? -1 : peer->fileno(), 0, 0};
  std::string block(std::min<std::uint64_t>(kBlockSize, size), '\0');
  for (std::uint64_t offset = 0; offset < size;) {
    block.resize(std::min<std::uint64_t>(block.size(), size - offset));
    const std::size_t got = read_at(block, offset);
    if (got == 0) return std::nullopt;
    hash.update({block.data(), got});
    offset += got;
    if (wait_any({&end, 1}, Deadline::now()) > 0)
      throw ConnectionAbortedError(ECONNABORTED, "the connection ended while " + name_ + " was hashed");
  }
  return hash;
}

void FileReader::fail_shorter() { throw std::runtime_error("the file got shorter while it was sent"); }

std::optional<Md5> FileReader::md5(std::uint64_t size, const Socket* peer) const {
  return hash<Md5>(size, peer);
}
std::optional<Sha256> FileReader::sha256(std::uint64_t size, const Socket* peer) const {
  return hash<Sha256>(size, peer);
}

}  // namespace socketserver
