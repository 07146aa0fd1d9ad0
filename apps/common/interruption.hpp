// Ctrl-C as a wish to end.
#pragma once

#include "socketserver/net/wakeup.hpp"

namespace socketserver::apps {

/// While it lives, SIGINT and SIGTERM are noted instead of ending the process; the second one ends it. One in
/// a process at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool requested() const;
  /// Readable from the first signal on.
  int fileno() const noexcept { return wakeup_.fileno(); }

 private:
  Wakeup wakeup_;
};

}  // namespace socketserver::apps
