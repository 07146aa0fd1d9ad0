#include "common/auth_options.hpp"

#include <stdexcept>

#include "common/main.hpp"
#include "socketserver/net/deadline_scope.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/server/authentication_error.hpp"

namespace socketserver::apps {
namespace {

constexpr char kKeyFile[] = "auth-key-file";

// Of a client that may wait for answers for ever: for a challenge that never comes nobody wants to.
constexpr std::chrono::seconds kLongest{30};

}  // namespace

// ---- both sides ----

void AuthOptions::add_to(Options& options) {
  options.choice("auth-digest", digest, {"md5", "sha256"},
                 "what answers are made with; md5 is for old peers");
  options.flag("auth-mutual", mutual,
               "both sides prove themselves, as Python's multiprocessing.connection does");
  options.needs(kKeyFile, {"auth-digest", "auth-mutual"});
}

const AuthKey& AuthOptions::key() const {
  if (!key_) key_ = std::make_shared<const AuthKey>(AuthKey::read(key_file));
  return *key_;
}

AuthDigest AuthOptions::auth_digest() const {
  return digest == "md5" ? AuthDigest::kMd5 : AuthDigest::kSha256;
}

// ---- servers ----

void ServerAuthOptions::add_to(Options& options) {
  options.path(kKeyFile, "FILE", key_file,
               "serve those alone who prove that they have the key in this file; nothing is encrypted");
  AuthOptions::add_to(options);
  options.seconds("auth-timeout", timeout, "of the proof; less while others of the same client say nothing");
  options.integer("auth-failures", "N", failures, 0, 1'000'000,
                  "wrong or missing answers that a client (as of --max-per-source) has at once, and then one "
                  "each second, "
                  "others are refused; 0: no limit");
  options.needs(kKeyFile, {"auth-timeout", "auth-failures"});
}

RequestHandlerClass ServerAuthOptions::guard(RequestHandlerClass handler) const {
  if (!wanted()) return handler;
  HmacAuthOptions auth{auth_digest(), auth_form(), timeout, static_cast<std::size_t>(failures)};
  return authenticated(HmacAuth(key(), auth), std::move(handler));
}

// ---- clients ----

void ClientAuthOptions::add_to(Options& options) {
  options.path(kKeyFile, "FILE", key_file,
               "prove to the server that we have the key in this file; nothing is encrypted");
  AuthOptions::add_to(options);
}

void ClientAuthOptions::prove(Socket& server, const std::string& where, const Timeout& timeout) const {
  guess_at_errors();
  if (!wanted()) return;
  const std::string failed = "cannot authenticate to " + where + ": ";
  const Authenticator authenticator(key(), auth_digest(), auth_form());
  const DeadlineScope scope(server, Deadline::after(timeout ? timeout : kLongest));
  try {
    authenticator.prove(server);
  } catch (const OSError& error) {
    throw std::runtime_error(failed + error.code().message());
  } catch (const AuthenticationError& error) {
    const bool silent = server.received() == 0;
    throw std::runtime_error(failed + error.what() +
                             (silent ? "; perhaps it asks for no key, or we were wrong too often" : ""));
  }
  server.begin_anew();
}

void ClientAuthOptions::refuse_unasked(const Socket& server, const std::string& where) const {
  if (!wait_readable(server.fileno(), Deadline::now())) return;
  char byte;
  if (::recv(server.fileno(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
    throw std::runtime_error(where + " says more than it was asked for" +
                             (wanted() ? "" : "; does it want --auth-key-file?"));
}

// What a service's own protocol says of a server that sent a challenge instead of an answer, or that ended
// the connection because of ours, leads nobody to the reason.
void ClientAuthOptions::guess_at_errors() const {
  if (mutual) return;  // which tells both sides
  guess_at_peer_errors(wanted() ? "; has the server the same --auth-key-file and --auth-digest?"
                                : "; does the server want --auth-key-file?");
}

}  // namespace socketserver::apps
