// What a server tells its observer of one connection.
#pragma once

#include "socketserver/net/wait_observer.hpp"
#include "socketserver/server/observer.hpp"

namespace socketserver {

/// Goes with a request that is observed, from accept to its end, and knows what was told last. One thread at
/// a time.
class ConnectionReport final : public WaitObserver {
 public:
  /// Tells of kAccepted.
  ConnectionReport(Observer& observer, std::uint64_t connection, const Address& client);

  void enter(ConnectionState state) noexcept;
  void wait_begins(For what) noexcept override;
  void wait_ends() noexcept override { enter(ConnectionState::kHandling); }
  /// The later call counts.
  void set_outcome(Outcome outcome) noexcept { outcome_ = outcome; }
  /// That of the exception that is being handled.
  void set_outcome_of_exception() noexcept;
  /// Another process tells the rest; unless that crashes.
  void hand_over() noexcept { handed_over_ = true; }
  void take_back(Outcome outcome) noexcept;
  /// Tells of the end, with what the connection has received and sent in all.
  void end(std::uint64_t received, std::uint64_t sent) noexcept;

 private:
  void tell(ConnectionState state, std::uint64_t received, std::uint64_t sent) noexcept;

  Observer& observer_;
  const std::uint64_t connection_;
  const Address client_;
  const Clock::time_point accepted_;
  ConnectionState state_ = ConnectionState::kAccepted;
  Clock::time_point since_;
  Outcome outcome_ = Outcome::kFinished;
  bool handed_over_ = false;
};

}  // namespace socketserver
