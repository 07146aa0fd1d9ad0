// What the programs of connections can be told about authentication.
#pragma once

#include <memory>
#include <string>

#include "common/options.hpp"
#include "socketserver/server/request_handler_class.hpp"
#include "socketserver/service/hmac_auth.hpp"

namespace socketserver::apps {

/// --auth-key-file, and how its key is used. The key is read when it is first needed, and never named.
struct AuthOptions {
  std::string key_file;  ///< empty: nobody authenticates
  std::string digest = "sha256";
  bool mutual = false;

  /// `*this` must outlive options.parse().
  void add_to(Options& options);
  bool wanted() const noexcept { return !key_file.empty(); }
  /// Throws as AuthKey::read() does.
  const AuthKey& key() const;
  AuthDigest auth_digest() const;
  AuthForm auth_form() const { return mutual ? AuthForm::kMutual : AuthForm::kPlain; }

 private:
  mutable std::shared_ptr<const AuthKey> key_;
};

/// The same of a server.
struct ServerAuthOptions : AuthOptions {
  Timeout timeout = HmacAuthOptions().timeout;
  long long failures = static_cast<long long>(HmacAuthOptions().failures_at_once);

  void add_to(Options& options);
  /// `handler` for clients alone that have authenticated, where that is wanted.
  RequestHandlerClass guard(RequestHandlerClass handler) const;
};

/// The same of a client.
struct ClientAuthOptions : AuthOptions {
  void add_to(Options& options);
  /// Proves itself to the server at the other end, `where`, within `timeout`. Throws std::runtime_error,
  /// "cannot authenticate to ...".
  void prove(Socket& server, const std::string& where, const Timeout& timeout) const;
  /// Throws where the server says something although it was not asked: it may be one that wants a key.
  void refuse_unasked(const Socket& server, const std::string& where) const;

 private:
  void guess_at_errors() const;
};

}  // namespace socketserver::apps
