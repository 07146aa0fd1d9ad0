#include "socketserver/server/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "socketserver/net/error.hpp"
#include "socketserver/server/log.hpp"

namespace socketserver {

LogFile::LogFile(const std::string& path, Begin begin)
    : path_(path), fd_(STDOUT_FILENO), failed_(make_shared_object<std::atomic<bool>>()) {
  if (path == "-") return;
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (begin == Begin::kEmpty ? O_TRUNC : 0);
  own_ = Fd(::open(path.c_str(), flags, 0644));  // as redirection of a shell makes them, less the umask's
  if (!own_) throw_os_error(errno, "open " + path);
  fd_ = own_.get();
}

bool LogFile::write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      const int error = errno;
      if (!failed_->exchange(true))
        log_to_stderr(text_if_memory([&] { return "write " + path_ + ": " + std::strerror(error); }));
      return false;
    }
  }
  return true;
}

}  // namespace socketserver
