// A limit of time for a part of a conversation.
#pragma once

#include <algorithm>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// As long as it lives, all waits of recv and send on a socket, which must outlive it, end at `end` at the
/// latest; a deadline of the whole request, and all others of the socket, stay in force.
class DeadlineScope {
 public:
  DeadlineScope(Socket& socket, Deadline end) : socket_(socket), before_(socket.request_end()) {
    socket_.set_request_end(std::min(before_, end));
  }
  ~DeadlineScope() { socket_.set_request_end(before_); }
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;

 private:
  Socket& socket_;
  const Deadline before_;
};

}  // namespace socketserver
