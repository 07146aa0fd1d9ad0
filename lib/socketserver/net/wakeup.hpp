// Wakes a thread that waits for descriptors.
#pragma once

#include "socketserver/net/platform.hpp"

namespace socketserver {

/// A descriptor that becomes readable by notify() and stays so until drain(): no wake-up is lost, however
/// early it comes, and it works across fork. The self-pipe of UNIX Network Programming.
class Wakeup {
 public:
  /// Throws OSError when there are no descriptors left.
  Wakeup() : ends_(platform::wakeup_ends()) {}

  /// From any thread, from a signal handler, and from a child process. errno is left as it was.
  void notify() noexcept;
  /// Forgets all notifications so far.
  void drain() noexcept;
  /// For POLLIN.
  int fileno() const noexcept { return ends_.read.get(); }

 private:
  platform::PipeEnds ends_;
};

}  // namespace socketserver
