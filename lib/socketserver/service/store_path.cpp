#include "socketserver/service/store_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

// NAME_MAX of every file system in use, and PATH_MAX of Linux without its NUL; longer ones would fail anyway,
// with a message that helps less.
constexpr std::size_t kLongestName = 255, kLongestPath = 4095;

constexpr mode_t kDirectoryMode = 0777;  // less the umask, as of any program that creates directories

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

Fd open_directory(int parent, const char* name) {
  Fd directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory) return directory;
  if (errno == ENOTDIR || errno == ELOOP) throw RefusedError(printable(name) + " is no directory");
  throw_os_error(errno, "open the directory " + printable(name));
}

// False where it was there.
bool make_directory(int parent, const char* name) {
  if (::mkdirat(parent, name, kDirectoryMode) < 0) {
    if (errno == EEXIST) return false;
    throw_os_error(errno, "make the directory " + printable(name));
  }
  if (::fsync(parent) < 0)  // or a file in it could be lost with it
    throw_os_error(errno, "fsync the parent of the directory " + printable(name));
  return true;
}

}  // namespace

void StorePath::check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") throw RefusedError("the file name is none");
  if (name.size() > kLongestName) throw RefusedError("the file name is longer than 255 bytes");
  if (std::ranges::any_of(name, is_control)) throw RefusedError("the file name holds a control character");
  if (name.find('/') != name.npos) throw RefusedError("the file name holds a '/'");
  if (!is_utf8(name)) throw RefusedError("the file name is not UTF-8");
  if (name.starts_with(kPartPrefix))
    throw RefusedError("names that begin with " + std::string(kPartPrefix) + " are taken");
}

StorePath StorePath::last_part(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  check_name(name);
  StorePath made;
  made.names_.emplace_back(name);
  return made;
}

StorePath StorePath::relative(std::string_view path) {
  if (path.size() > kLongestPath) throw RefusedError("the path is longer than 4095 bytes");
  StorePath made;
  for (std::size_t begin = 0, end = 0; end != path.npos; begin = end + 1) {
    end = path.find('/', begin);
    const std::string_view name = path.substr(begin, end == path.npos ? end : end - begin);
    check_name(name);
    if (made.names_.size() > kDeepest)
      throw RefusedError("the path has over " + std::to_string(kDeepest) + " directories");
    made.names_.emplace_back(name);
  }
  return made;
}

std::span<const std::string> StorePath::directories() const noexcept {
  return empty() ? names() : names().first(names_.size() - 1);
}

std::string StorePath::text() const {
  std::string all;
  for (const std::string& name : names_) all += (all.empty() ? "" : "/") + name;
  return all;
}

Fd open_directories(int top, std::span<const std::string> names, std::size_t* there) {
  if (there != nullptr) *there = names.size();
  Fd directory = open_directory(top, ".");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* const name = names[i].c_str();
    if (there != nullptr && make_directory(directory.get(), name)) *there = std::min(*there, i);
    directory = open_directory(directory.get(), name);
  }
  return directory;
}

void remove_directories(int top, std::span<const std::string> names, std::size_t there) noexcept {
  for (; names.size() > there; names = names.first(names.size() - 1)) {
    try {
      const Fd parent = open_directories(top, names.first(names.size() - 1));
      ::unlinkat(parent.get(), names.back().c_str(), AT_REMOVEDIR);
    } catch (const std::exception&) {  // it was never made
    }
  }
}

}  // namespace socketserver
