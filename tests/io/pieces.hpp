// A peer that sends its bytes in pieces, for tests of what reads messages.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>

#include "net/sockets.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver::testing {

/// A connection on which `bytes` arrive, `piece` at a time, and then its end.
class PieceSocket : public Socket {
 public:
  PieceSocket(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}

  /// Before each piece, and before the end, one recv throws TimeoutError.
  void time_out_every_other_time() { late_ = true; }

  std::size_t recv_into(std::span<char> buffer, int = 0) override {
    if (request_end().expired()) throw TimeoutError(ETIMEDOUT, "recv");
    if (late_ && (timed_out_ = !timed_out_)) throw TimeoutError(ETIMEDOUT, "recv");
    const std::size_t size = std::min({buffer.size(), bytes_.size() - at_, piece_});
    std::copy_n(bytes_.data() + at_, size, buffer.data());
    at_ += size;
    return size;
  }

 private:
  std::string bytes_;
  std::size_t piece_, at_ = 0;
  bool late_ = false, timed_out_ = false;
};

/// The result of `call`, which is made again after each TimeoutError.
template <class Call>
auto patiently(Call call) {
  for (;;) {
    try {
      return call();
    } catch (const TimeoutError&) {
    }
  }
}

}  // namespace socketserver::testing
