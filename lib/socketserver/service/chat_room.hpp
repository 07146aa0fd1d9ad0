// A room for chat over datagrams: what a member says goes to all members, to the one who said it as well, who
// so knows that it arrived. Lines of the room itself begin with "* ", and those of members with "NAME: ".
//
//   somebody                            the room
//   /name anna          (32 bytes) ->
//                                  <-   to enter, send /k7mw2q3xab
//   /k7mw2q3xab anna               ->
//                                  <-   * welcome, anna; here: anna, bob
//   hello                          ->
//                                  <-   anna: hello                       (to bob, too)
//   (spaces, as a sign of life)    ->
//   /name NEW, /who, /quit, //text with a slash
//
// Who ends his datagrams with a line end, as `nc -u` does, gets one behind his, too.
//
// Why the code: who sends a datagram writes its source address himself. If the first one made its source a
// member, one false datagram would have the room send all that is said there to somebody who never asked for
// it, for as long as the sender keeps that up. So nobody is a member, and nothing is remembered, until he has
// sent back a code that only those know who receive what is sent to that address (ChatProof). Until then all
// that he gets is one datagram for each of his, and never a larger one: the code and what to do with it where
// he sent 26 bytes, the code alone from 11 on (`nc -u`, "/name anna" and a line end), a shorter hint below,
// and so many a second for a source at the most. Our client gives the code unseen; a person can type it.
// Since false datagrams could also keep somebody a member who has left, a proof holds for an hour; then the
// room asks again. What remains is that somebody who knows a member's address and port can speak as him: UDP
// has no remedy, and whoever needs one needs authentication.
//
// A member cannot make others' terminals do anything (what he says is relayed escaped), nor flood them (so
// many lines a second, and all members of one source so many), nor fill the room from one place
// (max_members_per_source); joins and leaves of a second are told in one line.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "socketserver/server/source_counts.hpp"
#include "socketserver/service/chat.hpp"
#include "socketserver/service/chat_proof.hpp"
#include "socketserver/service/token_bucket.hpp"

namespace socketserver {

/// Lines that our client knows by how they begin, or sends.
inline constexpr std::string_view kChatWelcome = "* welcome", kChatFull = "* the room is full",
                                  kChatTooFast = "* too fast", kChatTooLong = "* longer than ",
                                  kChatHere = "* here: ", kChatWho = "/who", kChatQuit = "/quit";
/// Bytes of a line, and of the same escaped.
inline constexpr std::size_t kMostChatText = 1024, kMostChatShown = 4 * kMostChatText;
/// How often our client says that it is still there.
inline constexpr std::chrono::seconds kChatKeepalive{30};

struct ChatRoomSettings {
  /// A member from whom nothing was heard for so long has left. A person with `nc` thinks for minutes.
  std::chrono::nanoseconds member_timeout = std::chrono::minutes(5);
  std::size_t max_members = 1000;
  /// Of one source (server/source.hpp): a school class behind one address, and a twentieth of the room. 0:
  /// sources are not limited, nor is what they say; for where all members come from one.
  std::size_t max_members_per_source = 50;
  /// Lines a second of each member; twice as many at once. Faster than anybody reads. All members of a source
  /// have five times as much: if it is full, still a line a second for each.
  double rate = 10;
};

class ChatRoom : public ChatHost {
 public:
  /// `secret` makes the codes: ChatProof::new_secret().
  ChatRoom(const ChatRoomSettings& settings, std::string_view secret);

  ChatActions hear(const Address& from, std::string_view datagram, Clock::time_point now) override;
  /// Says it as "server"; "/who" tells who is here, "q" ends.
  ChatActions type(std::string_view line, Clock::time_point now) override;
  ChatActions tick(Clock::time_point now) override;

  std::size_t size() const { return members_.size(); }
  bool is_member(const Address& address) const { return members_.contains(key(address)); }

 private:
  struct Member {
    Address address;
    std::string name;
    Clock::time_point heard, proved;
    TokenBucket bucket;
    bool asked = false;      // to prove its address again
    bool line_ends = false;  // behind what it gets
    // That it is too fast; not before then again.
    Clock::time_point next_told = Clock::time_point::min();
  };
  using Members = std::map<std::string, Member, std::less<>>;

  static std::string key(const Address& address);
  void hear_stranger(const Address& from, std::string_view datagram, Clock::time_point now, ChatActions&);
  void hear_member(Members::iterator at, std::string_view text, Clock::time_point now, ChatActions&);
  static void renew_proof(Member& member, Clock::time_point now, ChatActions&);
  static void tell_too_fast(Member& member, Clock::time_point now, ChatActions&);
  std::size_t bucket_of(const Address& from) const;
  bool may_speak(Member& member, Clock::time_point now);
  void obey(Members::iterator at, std::string_view command, ChatActions&);
  void enter(Member member, std::string_view wanted, ChatActions&);
  static void tell(const Member& member, ChatActions&, std::string text);
  void leave(Members::iterator at, const std::string& how, ChatActions&);
  void rename(Member& member, std::string_view wanted, ChatActions&);
  void find_everybody();
  void relay(std::string text, ChatActions&);
  void sweep(Clock::time_point now, ChatActions&);
  void announce(Clock::time_point now, ChatActions&);
  std::string free_name(std::string_view wanted) const;
  bool is_taken(std::string_view name) const;
  std::string who() const;

  const ChatRoomSettings settings_;
  const ChatProof proof_;
  SourceCounts sources_;
  // By a hash of the source: so much memory, however many. Those of members outlive them, or who leaves and
  // comes back would have it full again.
  std::array<TokenBucket, 1024> strangers_, speakers_;
  Members members_;
  // Of members_, those without line ends and those with; null: not made yet.
  std::array<std::shared_ptr<const std::vector<Address>>, 2> everybody_;
  std::vector<std::string> joined_, left_;  // and not announced
  Clock::time_point next_announcement_ = Clock::time_point::min(), next_sweep_ = Clock::time_point::min();
};

}  // namespace socketserver
