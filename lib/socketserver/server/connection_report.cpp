#include "socketserver/server/connection_report.hpp"

#include "socketserver/net/error.hpp"
#include "socketserver/server/authentication_error.hpp"

namespace socketserver {

ConnectionReport::ConnectionReport(Observer& observer, std::uint64_t connection, const Address& client)
    : observer_(observer),
      connection_(connection),
      client_(client),
      accepted_(Clock::now()),
      since_(accepted_) {
  tell(ConnectionState::kAccepted, 0, 0);
}

void ConnectionReport::tell(ConnectionState state, std::uint64_t received, std::uint64_t sent) noexcept {
  const auto now = Clock::now();
  observer_.on_change({connection_, client_, state, state_, now, since_, accepted_, worker_number(), outcome_,
                       received, sent});
  state_ = state;
  since_ = now;
}

void ConnectionReport::enter(ConnectionState state) noexcept {
  if (!handed_over_) tell(state, 0, 0);
}

void ConnectionReport::wait_begins(For what) noexcept {
  enter(what == For::kData ? ConnectionState::kWaitingToRead : ConnectionState::kWaitingToWrite);
}

void ConnectionReport::set_outcome_of_exception() noexcept {
  try {
    throw;
  } catch (const ConnectionError&) {
    outcome_ = Outcome::kDisconnected;
  } catch (const TimeoutError&) {
    outcome_ = Outcome::kTimedOut;
  } catch (const AuthenticationError&) {
    outcome_ = Outcome::kUnauthenticated;
  } catch (...) {
    outcome_ = Outcome::kFailed;
  }
}

void ConnectionReport::take_back(Outcome outcome) noexcept {
  handed_over_ = false;
  outcome_ = outcome;
}

void ConnectionReport::end(std::uint64_t received, std::uint64_t sent) noexcept {
  if (handed_over_) return;
  tell(outcome_ < Outcome::kRefused ? ConnectionState::kClosed : ConnectionState::kRefused, received, sent);
}

}  // namespace socketserver
