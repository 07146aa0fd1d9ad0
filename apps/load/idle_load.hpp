// Many connections that are held and say nothing.
#pragma once

#include <vector>

#include "load/dialer.hpp"
#include "load/exchange.hpp"
#include "load/load.hpp"

namespace socketserver::apps {

/// Opens all connections, each with one message and its answer, so that the server surely has it; holds them
/// for the duration, and then asks each once again. Latencies are those of the second time.
class IdleLoad : public Load {
 public:
  /// `held` is called as soon as all are open.
  explicit IdleLoad(LoadSettings settings, std::function<void()> held = {});

 private:
  enum class Phase { kOpening, kHolding, kAsking, kDone };

  void begin() override;
  void ready(std::size_t index, short events) override;
  void tick() override;
  void pace() override;
  bool over() const override { return Load::over() || phase_ == Phase::kDone; }
  void finish() override;
  const char* phase() const override;

  bool ask(std::size_t index);
  void hang_up(std::size_t index);
  void answered(std::size_t index);
  void end_round();

  std::function<void()> held_;
  Pattern pattern_;
  Dialer dialer_;
  std::vector<char> buffer_;
  std::vector<Exchange> connections_;
  Phase phase_ = Phase::kOpening;
  std::size_t next_ = 0, pending_ = 0;
  Time last_answer_, hold_until_;
};

}  // namespace socketserver::apps
