#include "socketserver/service/authenticator.hpp"

#include <cerrno>
#include <cstdint>

#include "socketserver/net/error.hpp"
#include "socketserver/server/authentication_error.hpp"

namespace socketserver {
namespace {

// The words of multiprocessing.connection, and the longest message that its authentication takes.
constexpr std::string_view kChallenge = "#CHALLENGE#", kWelcome = "#WELCOME#", kFailure = "#FAILURE#";
constexpr std::size_t kLongestMessage = 256;
constexpr std::size_t kLengthSize = 4;

constexpr char kNoMessage[] = "what it sent is no message of the mutual form";
constexpr char kNotTaken[] = "it did not take what we sent in time";

bool accept_verdict(bool right) { return right; }

/// The peer ended the connection before the first byte of what was waited for.
class Silence {};

// Exactly so many bytes. What they are is said where they do not come: "its answer".
std::string receive(Socket& peer, std::size_t size, const char* what) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  const auto came = [&] {
    return std::to_string(got) + " of " + std::to_string(size) + " bytes of " + what + " came";
  };
  while (got < size) {
    std::size_t more = 0;
    try {
      more = peer.recv_into(std::span(bytes).subspan(got));
    } catch (const TimeoutError&) {
      throw AuthenticationError(got == 0 ? what + std::string(" did not come in time") : came() + " in time");
    }
    if (more == 0 && got == 0) throw Silence();
    if (more == 0) throw AuthenticationError(came());
    got += more;
  }
  return bytes;
}

void send_message(Socket& peer, std::string_view message) {
  std::string framed;
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift & 0xFF);
  peer.sendall(framed.append(message));
}

std::string receive_message(Socket& peer, const char* what) {
  std::uint32_t size = 0;
  for (const char byte : receive(peer, kLengthSize, what))
    size = size << 8 | static_cast<unsigned char>(byte);
  if (size > kLongestMessage) throw AuthenticationError(kNoMessage);
  return receive(peer, size, what);
}

}  // namespace

void Authenticator::admit(Socket& client, const Judge& judge) const {
  try {
    if (form_ == AuthForm::kPlain) return admit_plain(client, judge);
    const std::string own_challenge = deliver_challenge(client, judge);
    answer_challenge(client, own_challenge);
  } catch (const Silence&) {
    throw_os_error(ECONNABORTED, "authentication");
  } catch (const TimeoutError&) {
    throw AuthenticationError(kNotTaken);
  }
}

void Authenticator::prove(Socket& server) const {
  server.set_nodelay();  // our last word here is followed by the service's first without an answer in between
  try {
    if (form_ == AuthForm::kPlain) return prove_plain(server);
    answer_challenge(server, {});
    deliver_challenge(server, &accept_verdict);
  } catch (const Silence&) {
    throw AuthenticationError("it ended the connection before the authentication was done");
  } catch (const TimeoutError&) {
    throw AuthenticationError(kNotTaken);
  }
}

void Authenticator::admit_plain(Socket& client, const Judge& judge) const {
  const std::string challenge = random_bytes(kPlainChallengeSize);
  client.sendall(challenge);
  const std::string answer = receive(client, plain_answer_size(digest_), "its answer");
  if (!judge(is_plain_answer(key_, digest_, challenge, answer))) throw AuthenticationError("a wrong answer");
}

void Authenticator::prove_plain(Socket& server) const {
  const std::string challenge = receive(server, kPlainChallengeSize, "its challenge");
  if (std::string_view(challenge).substr(kLengthSize).starts_with(kChallenge))
    throw AuthenticationError("it wants the mutual form");
  server.sendall(plain_answer(key_, digest_, challenge));
}

// Python's deliver_challenge(); returns the challenge.
std::string Authenticator::deliver_challenge(Socket& peer, const Judge& judge) const {
  std::string challenge = make_challenge(digest_);
  send_message(peer, std::string(kChallenge) + challenge);
  const std::string response = receive_message(peer, "its answer");
  const bool right = judge(is_challenge_response(key_, challenge, response));
  send_message(peer, right ? kWelcome : kFailure);
  if (!right) throw AuthenticationError("a wrong answer");
  return challenge;
}

// Python's answer_challenge(). Who could have us answer our own challenge would need no key.
void Authenticator::answer_challenge(Socket& peer, std::string_view own_challenge) const {
  std::string challenge = receive_message(peer, "its challenge");
  if (!challenge.starts_with(kChallenge)) throw AuthenticationError(kNoMessage);
  challenge.erase(0, kChallenge.size());
  if (challenge == own_challenge) throw AuthenticationError("it sent our own challenge back");
  send_message(peer, challenge_response(key_, challenge));
  const std::string verdict = receive_message(peer, "its verdict");
  if (verdict == kFailure) throw AuthenticationError("it does not accept our answer: it has another key");
  if (verdict != kWelcome) throw AuthenticationError(kNoMessage);
}

}  // namespace socketserver
