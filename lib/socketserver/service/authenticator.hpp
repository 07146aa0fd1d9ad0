// Both sides of an authentication by HMAC challenge, on a connection.
//
// It authenticates, and no more: nothing is encrypted, and nothing binds what follows to who was
// authenticated. Somebody in the middle of the connection passes the challenge and its answer on, and then
// reads and changes all that is said. Nor does it bind a direction or an address: whoever gets a client to
// connect to him can have it answer the challenge that a server of the same key gave him, in both forms. So
// where somebody else may answer at a server's address, tunnel it (ssh, a VPN, TLS by Request::wrap()); and
// where each of two programs is a server and a client of the other, give each direction a key of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "socketserver/net/socket.hpp"
#include "socketserver/service/auth_key.hpp"
#include "socketserver/service/challenge.hpp"

namespace socketserver {

/// kPlain: the server sends 32 random bytes, the client their HMAC, and then the service's own protocol
/// begins. The server says nothing of its verdict: where it is wrong it closes.
///
/// kMutual: the server proves itself, too, after the client has. The protocol of Python's
/// multiprocessing.connection: each message has its length in front, 32 bits, big-endian; "#CHALLENGE#" and a
/// challenge, its response, "#WELCOME#" or "#FAILURE#", and then the same the other way round.
enum class AuthForm { kPlain, kMutual };

/// Its calls borrow the connection, keep to its deadlines, and never read a byte of what follows the
/// authentication. They throw AuthenticationError for a peer that does not prove itself or takes too long
/// over it, and ConnectionError where it goes without a word, and with what it has said so far the connection
/// is then of no more use. Immutable: any thread.
class Authenticator {
 public:
  /// Asked once it is known whether an answer is right; what it returns counts.
  using Judge = std::function<bool(bool right)>;

  Authenticator(AuthKey key, AuthDigest digest, AuthForm form)
      : key_(std::move(key)), digest_(digest), form_(form) {}

  /// The server's side.
  void admit(Socket& client, const Judge& judge) const;
  /// The client's side; sets TCP_NODELAY. In the plain form it returns without knowing whether the server is
  /// content. In the mutual one the digest is the server's choice, and `digest` that of our own challenge.
  void prove(Socket& server) const;

 private:
  void admit_plain(Socket& client, const Judge& judge) const;
  void prove_plain(Socket& server) const;
  std::string deliver_challenge(Socket& peer, const Judge& judge) const;
  void answer_challenge(Socket& peer, std::string_view own_challenge) const;

  AuthKey key_;
  AuthDigest digest_;
  AuthForm form_;
};

}  // namespace socketserver
