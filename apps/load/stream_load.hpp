// Bulk data in both directions.
#pragma once

#include <vector>

#include "load/dialer.hpp"
#include "load/load.hpp"
#include "load/pattern.hpp"

namespace socketserver::apps {

/// Each connection sends without end and receives what comes back at the same time, with a fixed number of
/// bytes on the way. One read in 16 is compared with what was sent; of the others the bytes count alone, and
/// over TCP Linux drops them unread, so that the server stays the slower of both.
class StreamLoad : public Load {
 public:
  explicit StreamLoad(LoadSettings settings);

 private:
  struct Stream {
    Fd fd;
    std::uint64_t sent = 0, received = 0, reads = 0;
    std::uint64_t measured = 0;  // bytes
    Time last_byte;              // received
    bool unfinished = false;
  };
  enum class State { kMore, kBlocked, kFailed };

  void begin() override;
  void ready(std::size_t index, short events) override;
  void tick() override;
  void pace() override;
  Time wake_at() const override { return unfinished_.empty() ? Time::max() : now_; }
  void finish() override;

  void dial(std::size_t index);
  State push(Stream& stream);
  State pull(Stream& stream);
  State fail(int errnum);
  void hang_up(Stream& stream);
  void add_up();

  Pattern pattern_;  // a stream is its first message, over and over
  Dialer dialer_;
  std::vector<char> buffer_;
  std::vector<Stream> streams_;
  std::vector<std::size_t> unfinished_;  // those that had more to read when it was another's turn
};

}  // namespace socketserver::apps
