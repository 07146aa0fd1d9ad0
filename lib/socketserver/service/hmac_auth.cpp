#include "socketserver/service/hmac_auth.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "socketserver/net/deadline_scope.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/service/failure_limit.hpp"

namespace socketserver {
namespace {

// So many of a source shorten the time of the next one, each for half of the timeout: who connects less often
// than that, and stays silent, has two workers at a time.
constexpr std::size_t kMostWaiting = 4;
constexpr int kWaitingPerTimeout = 2;

// Enough over the worst of lines.
constexpr std::chrono::nanoseconds kLeastTime = std::chrono::seconds(2);

}  // namespace

struct HmacAuth::State {
  State(AuthKey key, const HmacAuthOptions& options)
      : authenticator(std::move(key), options.digest, options.form),
        timeout(options.timeout),
        failures(options.failures_at_once, options.failure_interval),
        waiting(timeout ? kMostWaiting : 0, timeout.value_or(std::chrono::seconds(0)) / kWaitingPerTimeout) {}
  Timeout time_beside(std::size_t others) const {
    if (!timeout) return timeout;
    return std::max(*timeout / static_cast<std::int64_t>(others + 1), std::min(*timeout, kLeastTime));
  }

  Authenticator authenticator;
  Timeout timeout;
  FailureLimit failures;
  FailureLimit waiting;  // who has not proved himself, or not yet
};

HmacAuth::HmacAuth(AuthKey key, const HmacAuthOptions& options)
    : state_(std::make_shared<State>(std::move(key), options)) {}

void HmacAuth::authenticate(Request& request) const {
  assert(!request.is_datagram());
  const Address& client = request.client_address();
  FailureLimit& failures = state_->failures;
  // Asked again with the answer: others of its source may have failed at the same time.
  bool allowed = failures.allows(client), judged = false, last = false;
  const auto judge = [&](bool right) {
    judged = true;
    allowed = failures.allows(client);
    last = allowed && !right && !failures.add(client);
    return allowed && right;
  };
  Socket& socket = request.socket();
  const std::uint64_t received = socket.received();
  const std::size_t others = state_->waiting.count(client);
  if (allowed) state_->waiting.add(client);
  const DeadlineScope scope(socket, Deadline::after(state_->time_beside(others)));
  try {
    if (allowed) state_->authenticator.admit(socket, judge);
    if (allowed && others < kMostWaiting) state_->waiting.take_back(client);  // where there was room for it
  } catch (const OSError&) {  // it is gone, and holds nobody's time
    if (others < kMostWaiting) state_->waiting.take_back(client);
    throw;
  } catch (const AuthenticationError& error) {
    if (others > 0 && socket.received() == received)
      throw TooManyFailures("it said nothing, as others of its source");
    // Half an answer fails as a wrong one does, or it would be a line in the log for each connection.
    if (!judged) judge(false);
    if (last)
      throw AuthenticationError(std::string(error.what()) + "; it failed too often: more are refused");
    if (allowed) throw;
  }
  if (!allowed) throw TooManyFailures("it failed too often lately");
  request.socket().begin_anew();  // what comes now has its deadlines anew
}

RequestHandlerClass authenticated(const HmacAuth& auth, RequestHandlerClass handler) {
  return [auth, handler = std::move(handler)](Request& request, const Address& client, BaseServer& server) {
    auth.authenticate(request);
    handler(request, client, server);
  };
}

}  // namespace socketserver
