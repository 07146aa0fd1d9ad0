// When a server that has run out of something tries again.
#pragma once

#include <chrono>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// A pause that doubles with every failure in a row: accepting goes on by itself once there are descriptors,
/// threads or memory again, and the loop does not spin meanwhile. Clients wait in the listen backlog, but for
/// the one by whom a lack of threads, processes or memory shows: it was accepted already, and is dropped. One
/// thread: the server's loop.
class AcceptGate {
 public:
  /// Short enough for a shortage of a moment not to be noticed.
  static constexpr std::chrono::milliseconds kFirstPause{5};
  /// Long enough to cost nothing, short enough for a person who waits.
  static constexpr std::chrono::milliseconds kLongestPause{1000};

  /// A shortage is over once nothing has failed for so long: where clients come and go, the next one
  /// succeeds now and then, and is no news.
  static constexpr std::chrono::seconds kOver{10};

  /// Closes the gate for a while. True for the first failure of a shortage: the one to log.
  bool failed();
  void succeeded() {
    pause_ = std::chrono::milliseconds(0);
    opens_ = Deadline::now();
  }
  bool open() const { return opens_.expired(); }
  /// When it opens again; long past when it is open.
  Deadline opens() const { return opens_; }

 private:
  std::chrono::milliseconds pause_{0};
  Deadline over_ = Deadline::now();  // the shortage
  Deadline opens_ = Deadline::now();
};

}  // namespace socketserver
