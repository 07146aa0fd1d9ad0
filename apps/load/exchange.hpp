// A message on its way out and back over a connection.
#pragma once

#include <cstdint>
#include <span>

#include "load/failures.hpp"
#include "load/pattern.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver::apps {

/// One connection that sends a message and compares what comes back, byte for byte. One thread.
class Exchange {
 public:
  enum class State { kPending, kAnswered, kFailed };

  explicit Exchange(const Pattern& pattern, std::uint64_t first_number)
      : pattern_(&pattern), number_(first_number) {}

  void open(Fd fd) { fd_ = std::move(fd); }
  bool is_open() const { return static_cast<bool>(fd_); }
  int fileno() const { return fd_.get(); }
  void close(bool reset = false);

  /// Begins the next message, due at `due`.
  void begin(Clock::time_point due, Clock::time_point now);
  /// Between begin() and its answer, or failure.
  bool waiting() const { return waiting_; }
  void give_up() { waiting_ = false; }
  /// Some of the message has not been sent yet.
  bool unsent() const { return waiting_ && sent_ < pattern_->size(); }
  Clock::time_point due() const { return due_; }
  Clock::time_point began() const { return began_; }

  /// Sends as far as it goes now.
  State push(Failures& failures);
  /// Receives what there is. A failure, which is counted, leaves the connection of no use.
  State pull(std::span<char> buffer, Failures& failures);

 private:
  static bool would_block();
  State fail(Failures& failures, int errnum);
  State received(std::string_view data, Failures& failures);

  const Pattern* pattern_;
  Fd fd_;
  std::uint64_t number_;
  std::size_t sent_ = 0, received_ = 0;
  bool waiting_ = false;
  Clock::time_point due_, began_;
};

}  // namespace socketserver::apps
