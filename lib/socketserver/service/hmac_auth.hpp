// Clients prove that they have a key before a service listens to them: for any handler of connections.
//
//   const HmacAuth auth(AuthKey::read("key"));
//   ThreadingTCPServer server({"", 8009}, handler<HmacAuthMixIn<Shout>>(auth));
//
// What it protects against, and what not, says service/authenticator.hpp: it encrypts nothing.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>

#include "socketserver/handler/datagram_request_handler.hpp"
#include "socketserver/server/request.hpp"
#include "socketserver/service/authenticator.hpp"

namespace socketserver {

struct HmacAuthOptions {
  AuthDigest digest = AuthDigest::kSha256;
  AuthForm form = AuthForm::kPlain;
  /// Of the whole authentication, from when the request has its worker on: programs take part in it, not
  /// people. Who comes when n others of his source have lately come and not proved themselves, or not yet,
  /// has a part of it alone, one in n + 1, but at least 2 s, which are enough over the worst of lines: so a
  /// source that says nothing holds few workers for long. Who is silent for that time is turned away, and
  /// counts as no failure.
  Timeout timeout = std::chrono::seconds(10);
  /// Failures that a source has at once, and then one in each interval (FailureLimit): enough for somebody to
  /// find his mistake; then a word out of a dictionary of a million is found after 12 days. Wrong answers are
  /// such, and those that are malformed or do not come in time; who goes without a word has not failed. 0: no
  /// limit, for keys that nobody can guess, which random ones of 16 bytes and more are.
  std::size_t failures_at_once = 10;
  std::chrono::nanoseconds failure_interval = std::chrono::seconds(1);
};

/// The server's side of an authentication for all its requests. Copies are the same one, and share what they
/// know of failures, also among processes forked later: make it before the server serves. Any thread.
class HmacAuth {
 public:
  explicit HmacAuth(AuthKey key, const HmacAuthOptions& options = {});

  /// Returns when the client has proved itself; to be called by its worker, before anything is read from the
  /// connection: by a handler's setup(), or by prepare_request(). Throws as Authenticator::admit() does, and
  /// TooManyFailures. REQUIRES: !request.is_datagram().
  void authenticate(Request& request) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A `Handler` whose setup(), handle() and finish() run for clients alone that have proved themselves; its
/// constructor runs before. `handler<HmacAuthMixIn<H>>(auth, args...)` gives `args` to H.
template <std::derived_from<BaseRequestHandler> Handler>
requires(!std::derived_from<Handler, DatagramRequestHandler>) class HmacAuthMixIn : public Handler {
 public:
  template <class... Args>
  explicit HmacAuthMixIn(const HmacAuth& auth, const Args&... args) : Handler(args...), auth_(auth) {}

  /// Final: a class derived from this one must not leave it out.
  void setup() final {
    auth_.authenticate(this->request());
    Handler::setup();
  }

 private:
  HmacAuth auth_;
};

/// The same around what handler<H>() has made: for whoever is given that.
RequestHandlerClass authenticated(const HmacAuth& auth, RequestHandlerClass handler);

}  // namespace socketserver
