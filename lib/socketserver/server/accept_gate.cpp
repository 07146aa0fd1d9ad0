#include "socketserver/server/accept_gate.hpp"

#include <algorithm>

namespace socketserver {

bool AcceptGate::failed() {
  const bool first = pause_.count() == 0;
  pause_ = first ? kFirstPause : std::min(2 * pause_, kLongestPause);
  opens_ = Deadline::after(pause_);
  return first;
}

}  // namespace socketserver
