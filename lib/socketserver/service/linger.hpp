// Ending a connection without losing what was said last.
#pragma once

#include "socketserver/server/request.hpp"

namespace socketserver {

/// Sends the end of the stream and then reads what the peer still sends, until nothing comes for a second,
/// and for half a minute at most: closing a connection with something unread resets it, and then the peer may
/// lose the answer it was sent.
void end_politely(Request& request);

}  // namespace socketserver
