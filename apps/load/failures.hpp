// What went wrong during a load, by kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace socketserver::apps {

enum class Failure {
  kRefused,   ///< nobody listens
  kReset,     ///< the connection broke
  kClosed,    ///< the server ended it before the answer was whole
  kTimedOut,  ///< no whole answer in time
  kWrong,     ///< the answer is not what was sent
  kNoPort,    ///< no free port of ours for one more connection
  kOther,
};

/// Counts of failures. A value; one thread.
class Failures {
 public:
  static constexpr std::size_t kKinds = 7;
  /// "refused", "timed out"; for people, and with '_' for spaces as keys.
  static const char* name_of(Failure kind);
  static Failure kind_of(int errnum);

  void add(Failure kind, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(kind)] += times; }
  /// Counts it as what it is; the first that has no kind of its own is kept for first_other().
  void add_error(int errnum);

  std::uint64_t count(Failure kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t total() const;
  /// The system's words; empty where there was none.
  const std::string& first_other() const { return first_other_; }

 private:
  std::array<std::uint64_t, kKinds> counts_{};
  std::string first_other_;
};

}  // namespace socketserver::apps
