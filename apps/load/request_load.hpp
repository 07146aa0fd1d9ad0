// Ping-pong and churn: request after request, and how long each takes.
#pragma once

#include <vector>

#include "load/dialer.hpp"
#include "load/exchange.hpp"
#include "load/load.hpp"

namespace socketserver::apps {

/// Each connection sends a message, waits for its answer, and sends the next: on the same connection
/// (ping-pong), or on a new one (churn), whose opening counts, too.
///
/// With a rate, request k is due at k/rate seconds after the start, on connection k modulo their number,
/// and its latency counts from then on, even where the connection was still busy with the one before:
/// otherwise a server that stalls would be asked less, and its stall hardly be seen (coordinated omission).
/// All that was due is waited for at the end, up to the timeout; what has no answer then has timed out.
class RequestLoad : public Load {
 public:
  enum class Connections { kKept, kNewEachTime };

  RequestLoad(LoadSettings settings, Connections connections);

 private:
  struct Slot {
    Exchange exchange;
    std::uint64_t begun = 0;     // requests; with a rate the number of the next one on this connection
    std::uint64_t answered = 0;  // without a rate: in the measured time
  };

  void begin() override;
  void ready(std::size_t index, short events) override;
  void tick() override;
  void pace() override;
  Time wake_at() const override;
  bool over() const override;
  void finish() override;

  bool open_loop() const { return settings_.rate > 0; }
  Time due_time(std::uint64_t request) const;
  Time next_due(std::size_t index) const;
  bool dial(std::size_t index);
  void begin_next(std::size_t index);
  void answered(std::size_t index);
  void fail(std::size_t index);
  void hang_up(Slot& slot);

  const bool churn_;
  Pattern pattern_;
  Dialer dialer_;
  std::vector<char> buffer_;
  std::vector<Slot> slots_;
  std::uint64_t paced_ = 0;  // requests whose time has come
  Time last_answer_;
};

}  // namespace socketserver::apps
