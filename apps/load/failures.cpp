#include "load/failures.hpp"

#include <cerrno>
#include <numeric>
#include <system_error>

namespace socketserver::apps {

const char* Failures::name_of(Failure kind) {
  static constexpr std::array<const char*, kKinds> kNames{"refused", "reset",        "closed", "timed out",
                                                          "wrong",   "no free port", "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

Failure Failures::kind_of(int errnum) {
  switch (errnum) {
    case ECONNREFUSED:
    case ENOENT:  // the file of a Unix socket went with its server
      return Failure::kRefused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Failure::kReset;
    case ETIMEDOUT:
      return Failure::kTimedOut;
    case EADDRNOTAVAIL:
      return Failure::kNoPort;
    default:
      return Failure::kOther;
  }
}

void Failures::add_error(int errnum) {
  const Failure kind = kind_of(errnum);
  add(kind);
  if (kind == Failure::kOther && first_other_.empty()) first_other_ = std::system_category().message(errnum);
}

std::uint64_t Failures::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace socketserver::apps
