#include "socketserver/service/upload_client.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "socketserver/io/framing.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/text.hpp"
#include "socketserver/service/upload.hpp"

namespace socketserver {
namespace {

Fd open_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not keep it waiting
  if (!file) throw_os_error(errno, "open " + path);
  return file;
}

std::uint64_t size_of(const Fd& file, const std::string& path) {
  struct stat status;
  if (::fstat(file.get(), &status) < 0) throw_os_error(errno, "stat " + path);
  if (S_ISDIR(status.st_mode)) throw_os_error(EISDIR, "read " + path);
  if (!S_ISREG(status.st_mode)) throw_os_error(EINVAL, "read " + path + ", which is no regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

std::size_t read_at(int file, std::string& block, std::uint64_t offset, const std::string& path) {
  ssize_t got;
  do got = ::pread(file, block.data(), block.size(), static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  if (got < 0) throw_os_error(errno, "read " + path);
  return static_cast<std::size_t>(got);
}

Md5::Digest md5_of(int file, const std::string& path) {
  Md5 md5;
  std::string block(UploadHandler::kBlockSize, '\0');
  for (std::uint64_t offset = 0; const std::size_t got = read_at(file, block, offset, path); offset += got)
    md5.update({block.data(), got});
  return md5.digest();
}

}  // namespace

void UploadClient::send(const std::string& path, const std::optional<std::string>& message,
                        const Progress& progress) {
  const Fd file = open_file(path);
  UploadHeader header;
  header.name = path.substr(path.rfind('/') + 1);
  header.size = size_of(file, path);
  header.message = form_ == UploadForm::kMsg ? message.value_or("") : message;
  header.wants_reply = true;
  if (!is_utf8(header.name)) throw std::runtime_error("the name of " + printable(path) + " is not UTF-8");
  if (form_ == UploadForm::kMd5) header.md5 = md5_of(file.get(), path);
  hear();
  if (!usable_) throw std::runtime_error("the server has closed the connection");
  usable_ = false;
  ++asked_;
  socket_.sendall(frame(header.to_json(form_).dump()));
  send_bytes(file.get(), header, path, progress);
  usable_ = true;
  hear();
}

// A server that has closed its side takes nothing more, though it may let us send.
void UploadClient::hear() {
  try {
    while (usable_ && wait_readable(socket_.fileno(), Deadline::now())) usable_ = read_reply();
  } catch (...) {
    usable_ = false;
    throw;
  }
}

void UploadClient::send_bytes(int file, const UploadHeader& header, const std::string& path,
                              const Progress& progress) {
  std::string block(UploadHandler::kBlockSize, '\0');
  for (std::uint64_t sent = 0; sent < header.size;) {
    block.resize(std::min<std::uint64_t>(block.size(), header.size - sent));
    const std::size_t got = read_at(file, block, sent, path);
    if (got == 0) throw std::runtime_error("the file got shorter while it was sent");
    socket_.sendall({block.data(), got});
    sent += got;
    if (progress) progress(sent, header.size);
  }
}

bool UploadClient::read_reply() {
  if (reader_.peek().empty()) return false;
  if (replies_.size() == asked_) throw FramingError("the server says more than it was asked");
  const Json answer = Json::parse(read_frame(reader_, kUploadHeaderLimit));
  UploadReply reply;
  reply.ok = answer.get_bool("ok");
  reply.name = answer.find_string("filename").value_or("");
  reply.error = answer.find_string("error").value_or("");
  replies_.push_back(reply);
  return true;
}

std::vector<UploadReply> UploadClient::finish() {
  socket_.shutdown(SHUT_WR);
  while (read_reply()) {
  }
  return replies_;
}

std::vector<UploadReply> UploadClient::last_words() noexcept {
  try {
    socket_.shutdown(SHUT_WR);  // a server that still waits for the rest of a file would say nothing
  } catch (const OSError&) {    // it is down already
  }
  try {
    while (read_reply()) {
    }
  } catch (const std::exception&) {
  }
  return replies_;
}

}  // namespace socketserver
