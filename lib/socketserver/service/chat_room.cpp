#include "socketserver/service/chat_room.hpp"

#include <algorithm>

#include "socketserver/io/ascii.hpp"
#include "socketserver/server/source.hpp"
#include "socketserver/service/chat_name.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

// How often it is told who comes and goes, members are looked through, and one is told that he is too fast.
constexpr auto kAnnouncePause = 500ms, kSweepPause = 500ms, kTooFastPause = 100ms;
// For so long nobody can be kept a member by datagrams that another sends in his name; and a person who has
// to type the code again, once an hour, has some minutes to see that.
constexpr std::chrono::minutes kProofHolds = 1h, kProofGrace = 5min;
// Answers a second for strangers from one source: a whole group behind one address that comes at once.
constexpr double kStrangerRate = 1000;
// All members of a source together may say so many times as much as one.
constexpr double kSourceShare = 5;
// Names in one line of the room.
constexpr std::size_t kMostNames = 20;

constexpr std::string_view kServer = "server";

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) all += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames) all += " and " + std::to_string(names.size() - kMostNames) + " others";
  return all;
}

std::string shown(const Address& address) { return "[" + printable(address.to_string()) + "] "; }

// Has the sender an address that can be answered?
bool has_address(const Address& from) {
  return from.family() == AF_UNIX ? !from.path().empty() : from.size() > 0 && from.port() != 0;
}

}  // namespace

ChatRoom::ChatRoom(const ChatRoomSettings& settings, std::string_view secret)
    : settings_(settings), proof_(secret) {}

std::string ChatRoom::key(const Address& address) { return address.to_string(); }

ChatActions ChatRoom::hear(const Address& from, std::string_view datagram, Clock::time_point now) {
  ChatActions actions = tick(now);
  if (!has_address(from)) return actions;
  if (const auto at = members_.find(key(from)); at != members_.end())
    hear_member(at, without_line_end(datagram), now, actions);
  else
    hear_stranger(from, datagram, now, actions);
  announce(now, actions);
  return actions;
}

ChatActions ChatRoom::type(std::string_view line, Clock::time_point now) {
  ChatActions actions = tick(now);
  const std::string_view text = strip(line);
  if (text == "q")
    actions.end = true;
  else if (text == kChatWho)
    actions.notes.push_back("here: " + who());
  else if (!text.empty())
    relay(std::string(kServer) + ": " + printable(text, kMostChatShown), actions);
  return actions;
}

ChatActions ChatRoom::tick(Clock::time_point now) {
  ChatActions actions;
  if (now >= next_sweep_) sweep(now, actions);
  announce(now, actions);
  return actions;
}

// ---- those who are not members ----

void ChatRoom::hear_stranger(const Address& from, std::string_view datagram, Clock::time_point now,
                             ChatActions& actions) {
  const std::string_view text = without_line_end(datagram), code = text.substr(0, ChatProof::kSize);
  if (proof_.valid(code, from, now) && (text.size() == code.size() || text[code.size()] == ' '))
    return enter({from, {}, now, now, {}, false, datagram.ends_with('\n')}, strip(text.substr(code.size())),
                 actions);
  if (!strangers_[bucket_of(from)].take(kStrangerRate, kStrangerRate, now)) return;
  std::string answer = ask_for_proof(proof_.code(from, now), datagram.size());
  if (datagram.ends_with('\n') && answer.size() < datagram.size()) answer += '\n';
  if (!answer.empty()) actions.reply(from, std::move(answer));
}

std::size_t ChatRoom::bucket_of(const Address& from) const {
  return proof_.hash(Source::key_of(from)) % strangers_.size();
}

void ChatRoom::enter(Member member, std::string_view wanted, ChatActions& actions) {
  const std::size_t most = settings_.max_members_per_source;
  if (members_.size() >= settings_.max_members || (most > 0 && !sources_.enter(member.address, most)))
    return tell(member, actions, std::string(kChatFull));
  member.name = free_name(wanted);
  joined_.push_back(member.name);
  actions.show.push_back(shown(member.address) + member.name + " joined");
  const auto at = members_.emplace(key(member.address), std::move(member)).first;
  everybody_ = {};
  tell(at->second, actions, std::string(kChatWelcome) + ", " + at->second.name + "; here: " + who());
}

// ---- members ----

void ChatRoom::hear_member(Members::iterator at, std::string_view text, Clock::time_point now,
                           ChatActions& actions) {
  Member& member = at->second;
  member.heard = now;
  if (strip(text).empty()) return;
  const std::string_view code = text.substr(0, ChatProof::kSize);
  // Whoever is too fast shall prove himself, and may leave, all the same.
  if (proof_.valid(code, member.address, now)) return renew_proof(member, now, actions);
  const bool may = may_speak(member, now);
  if (text == kChatQuit) return leave(at, "left", actions);
  if (!may) return tell_too_fast(member, now, actions);
  member.next_told = now;
  if (text.size() > kMostChatText) {
    tell(member, actions,
         std::string(kChatTooLong) + std::to_string(kMostChatText) + " bytes, and not relayed");
  } else if (text.starts_with('/') && !text.starts_with("//")) {
    obey(at, text.substr(1), actions);
  } else {
    if (text.starts_with("//")) text.remove_prefix(1);
    std::string line = member.name + ": " + printable(text, kMostChatShown);
    actions.show.push_back(shown(member.address) + line);
    relay(std::move(line), actions);
  }
}

void ChatRoom::renew_proof(Member& member, Clock::time_point now, ChatActions& actions) {
  member.proved = now;
  member.asked = false;
  tell(member, actions, std::string(kChatWelcome) + ", " + member.name);
}

void ChatRoom::tell_too_fast(Member& member, Clock::time_point now, ChatActions& actions) {
  if (now < member.next_told) return;
  member.next_told = now + kTooFastPause;
  tell(member, actions, std::string(kChatTooFast) + ": what you say is not relayed");
}

bool ChatRoom::may_speak(Member& member, Clock::time_point now) {
  if (!member.bucket.take(settings_.rate, 2 * settings_.rate, now)) return false;
  if (settings_.max_members_per_source == 0 || !Source::of(member.address)) return true;
  const double rate = kSourceShare * settings_.rate;
  return speakers_[bucket_of(member.address)].take(rate, 2 * rate, now);
}

void ChatRoom::tell(const Member& member, ChatActions& actions, std::string text) {
  actions.reply(member.address, text + (member.line_ends ? "\n" : ""));
}

void ChatRoom::obey(Members::iterator at, std::string_view command, ChatActions& actions) {
  Member& member = at->second;
  if (command == kChatWho.substr(1))
    tell(member, actions, std::string(kChatHere) + who());
  else if (command == "name" || command.starts_with("name "))
    rename(member, strip(command.substr(4)), actions);
  else
    tell(member, actions, "* there are /name NAME, /who, /quit, and //TEXT for a line with a slash");
}

void ChatRoom::rename(Member& member, std::string_view wanted, ChatActions& actions) {
  if (wanted == member.name) return tell(member, actions, "* that is your name");
  if (!is_chat_name(wanted)) return tell(member, actions, "* that cannot be a name");
  if (is_taken(wanted)) return tell(member, actions, "* somebody else has that name");
  std::string line = "* " + member.name + " is now " + std::string(wanted);
  std::ranges::replace(joined_, member.name, std::string(wanted));
  member.name = wanted;
  actions.show.push_back(shown(member.address) + line.substr(2));
  relay(std::move(line), actions);
}

void ChatRoom::leave(Members::iterator at, const std::string& how, ChatActions& actions) {
  const Member& member = at->second;
  actions.show.push_back(shown(member.address) + member.name + " " + how);
  if (std::erase(joined_, member.name) == 0) left_.push_back(member.name);
  if (settings_.max_members_per_source > 0) sources_.leave(member.address);
  members_.erase(at);
  everybody_ = {};
}

void ChatRoom::find_everybody() {
  std::array<std::vector<Address>, 2> all;
  for (const auto& [name, member] : members_) all[member.line_ends ? 1 : 0].push_back(member.address);
  for (std::size_t i = 0; i < all.size(); ++i)
    everybody_[i] = std::make_shared<const std::vector<Address>>(std::move(all[i]));
}

void ChatRoom::relay(std::string text, ChatActions& actions) {
  if (!everybody_[0]) find_everybody();
  if (!everybody_[1]->empty()) actions.send.push_back({text + '\n', everybody_[1], {}});
  if (!everybody_[0]->empty()) actions.send.push_back({std::move(text), everybody_[0], {}});
}

// The first at once, those of the next second together.
void ChatRoom::announce(Clock::time_point now, ChatActions& actions) {
  if (now < next_announcement_ || (joined_.empty() && left_.empty())) return;
  next_announcement_ = now + kAnnouncePause;
  if (!joined_.empty()) relay("* " + listed(joined_) + " joined", actions);
  if (!left_.empty()) relay("* " + listed(left_) + " left", actions);
  joined_.clear();
  left_.clear();
}

void ChatRoom::sweep(Clock::time_point now, ChatActions& actions) {
  next_sweep_ = now + kSweepPause;
  for (auto next = members_.begin(); next != members_.end();) {
    const auto at = next++;
    Member& member = at->second;
    const auto proof_age = now - member.proved;
    if (now - member.heard > settings_.member_timeout || proof_age > kProofHolds + kProofGrace) {
      leave(at, "was not heard from", actions);
    } else if (proof_age > kProofHolds && !std::exchange(member.asked, true)) {
      tell(member, actions, ask_for_proof(proof_.code(member.address, now), kAskedSize));
    }
  }
}

// ---- names ----

bool ChatRoom::is_taken(std::string_view name) const {
  return name == kServer ||
         std::ranges::any_of(members_, [&](const auto& one) { return one.second.name == name; });
}

std::string ChatRoom::free_name(std::string_view wanted) const {
  const bool given = is_chat_name(wanted);
  const std::string stem = given ? std::string(wanted) : "guest";
  std::string name = stem;
  for (int number = given ? 2 : 1; name == "guest" || is_taken(name); ++number)
    name = stem + std::to_string(number);
  return name;
}

std::string ChatRoom::who() const {
  std::vector<std::string> names;
  for (const auto& [address, member] : members_) names.push_back(member.name);
  return names.empty() ? "nobody" : listed(names);
}

}  // namespace socketserver
