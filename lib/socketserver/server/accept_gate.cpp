#include "socketserver/server/accept_gate.hpp"

#include <algorithm>

namespace socketserver {

bool AcceptGate::failed() {
  const bool first = over_.expired();
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  opens_ = Deadline::after(pause_);
  over_ = Deadline::after(kOver);
  return first;
}

}  // namespace socketserver
