// Ending a connection without losing what was said last.
#pragma once

#include <chrono>

#include "socketserver/server/request.hpp"

namespace socketserver {

/// One that still sends may take this long to see the end.
inline constexpr std::chrono::seconds kLongestLinger{30};

/// Sends the end of the stream and then reads what the peer still sends, until nothing comes for a second,
/// and for `longest` in all: closing a connection with something unread resets it, and then the peer may
/// lose the answer it was sent.
void end_politely(Request& request, std::chrono::seconds longest = kLongestLinger);

}  // namespace socketserver
