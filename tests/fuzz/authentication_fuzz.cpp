// What a hostile client says to the server's side of an authentication, and a hostile server to the client's.
// The first byte is the side, the form, the digest, whether the peer has the key after all, so that what
// comes behind the right answer is reached, and the size of the pieces.
#include <string>

#include "fuzz/fuzz.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/service/authenticator.hpp"

using namespace socketserver;

namespace {

constexpr std::string_view kChallenge = "#CHALLENGE#";
constexpr std::size_t kLengthSize = 4;

/// Says what was scripted, and, where it has the key, the right answer to each challenge before that.
class Peer : public Socket {
 public:
  Peer(std::string_view script, std::size_t piece, const AuthKey* key, AuthDigest digest)
      : script_(script), piece_(piece + 1), key_(key), digest_(digest) {}

  std::size_t recv_into(std::span<char> buffer, int = 0) override {
    if (script_.empty()) return 0;
    const std::size_t size = script_.copy(buffer.data(), std::min(buffer.size(), piece_));
    script_.erase(0, size);
    return size;
  }
  std::size_t send(std::string_view data, int = 0) override {
    if (key_ == nullptr) return data.size();
    if (data.size() == kPlainChallengeSize) script_.insert(0, plain_answer(*key_, digest_, data));
    if (data.substr(std::min(kLengthSize, data.size())).starts_with(kChallenge))
      script_.insert(0, framed(challenge_response(*key_, data.substr(kLengthSize + kChallenge.size()))));
    return data.size();
  }
  const std::string& unread() const { return script_; }

 private:
  static std::string framed(const std::string& message) {
    return std::string(kLengthSize - 1, '\0') + static_cast<char>(message.size()) + message;
  }

  std::string script_;
  std::size_t piece_;
  const AuthKey* key_;
  AuthDigest digest_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const AuthKey key("secret");
  const bool server = (data[0] & 1) != 0, mutual = (data[0] & 2) != 0, has_key = (data[0] & 8) != 0;
  const AuthDigest digest = (data[0] & 4) != 0 ? AuthDigest::kMd5 : AuthDigest::kSha256;
  const std::string_view script = fuzz::text(data + 1, size - 1);
  Peer peer(script, data[0] >> 4, has_key ? &key : nullptr, digest);
  const Authenticator ours(key, digest, mutual ? AuthForm::kMutual : AuthForm::kPlain);
  bool done = false;
  try {
    server ? ours.admit(peer, [](bool right) { return right; }) : ours.prove(peer);
    done = true;
  } catch (const AuthenticationError&) {
  } catch (const ConnectionAbortedError&) {
  }
  if (done && (server || mutual)) fuzz::must(has_key, "only who has the key is let in");
  if (server && has_key && !mutual) {
    fuzz::must(done, "who has the key is let in");
    fuzz::must(peer.unread() == script, "what follows the answer is not read");
  }
  return 0;
}
