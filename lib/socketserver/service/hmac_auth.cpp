#include "socketserver/service/hmac_auth.hpp"

#include <cassert>
#include <utility>

#include "socketserver/net/deadline_scope.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/service/failure_limit.hpp"

namespace socketserver {
struct HmacAuth::State {
  State(AuthKey key, const HmacAuthOptions& options)
      : authenticator(std::move(key), options.digest, options.form),
        timeout(options.timeout),
        failures(options.failures_at_once, options.failure_interval) {}

  Authenticator authenticator;
  Timeout timeout;
  FailureLimit failures;
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
  const DeadlineScope scope(request.socket(), Deadline::after(state_->timeout));
  try {
    if (allowed) state_->authenticator.admit(request.socket(), judge);
  } catch (const AuthenticationError& error) {
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
