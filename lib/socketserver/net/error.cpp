#include "socketserver/net/error.hpp"

#include <netdb.h>

#include <cerrno>

namespace socketserver {
namespace {

class GaiCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "getaddrinfo"; }
  std::string message(int code) const override { return gai_strerror(code); }
};

const GaiCategory& gai_category() {
  static const GaiCategory category;
  return category;
}

}  // namespace

gaierror::gaierror(int gai_code, const std::string& call)
    : OSError(std::error_code(gai_code, gai_category()), call) {}

void throw_os_error(int errnum, const std::string& call) {
  switch (errnum) {
    case EAGAIN:
    case EINPROGRESS:
    case EALREADY:
      throw BlockingIOError(errnum, call);
    case ETIMEDOUT:
      throw TimeoutError(errnum, call);
    case EPIPE:
    case ESHUTDOWN:
      throw BrokenPipeError(errnum, call);
    case ECONNABORTED:
      throw ConnectionAbortedError(errnum, call);
    case ECONNREFUSED:
      throw ConnectionRefusedError(errnum, call);
    case ECONNRESET:
      throw ConnectionResetError(errnum, call);
    case EACCES:
    case EPERM:
      throw PermissionError(errnum, call);
    case ENOENT:
      throw FileNotFoundError(errnum, call);
    case EEXIST:
      throw FileExistsError(errnum, call);
    default:
      throw OSError(errnum, call);
  }
}

}  // namespace socketserver
