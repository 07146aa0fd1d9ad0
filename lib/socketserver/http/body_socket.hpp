// The body of a request and that of its answer, as one socket: what the Reader and the Writer of a handler
// are over.
#pragma once

#include <functional>
#include <utility>

#include "socketserver/net/socket.hpp"

namespace socketserver {

/// Receives and sends by two functions, as a class does that wraps another connection.
class BodySocket final : public Socket {
 public:
  using Read = std::function<std::size_t(std::span<char>)>;
  using Write = std::function<std::size_t(std::string_view)>;

  BodySocket(Read read, Write write) : read_(std::move(read)), write_(std::move(write)) {}

  std::size_t recv_into(std::span<char> buffer, int) override { return read_(buffer); }
  std::size_t send(std::string_view data, int) override { return write_(data); }

 private:
  Read read_;
  Write write_;
};

}  // namespace socketserver
