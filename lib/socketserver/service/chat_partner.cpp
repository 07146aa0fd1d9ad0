#include "socketserver/service/chat_partner.hpp"

#include <algorithm>
#include <utility>

#include "socketserver/service/chat_proof.hpp"
#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

// Of a request that may be lost: at first as soon as a person would wonder, then less and less often.
constexpr auto kFirstRetry = 1s, kLastRetry = 8s;
// Lines that wait until we are in, or are known to have been heard.
constexpr std::size_t kMostUnsaid = 100;

}  // namespace

void ChatPartner::ask_to_enter(ChatTurn& turn, Clock::time_point now) {
  // Of a code perhaps the answer was lost, and we are in.
  std::string greeting = (code_.empty() ? "/name" : code_) + " " + own_name_;
  greeting.resize(std::max(greeting.size(), kAskedSize), ' ');  // room for the answer
  turn.send.push_back(std::move(greeting));
  state_ = State::kEntering;
  next_tick_ = Deadline(now + retry_);
  retry_ = std::min(2 * retry_, kLastRetry);
}

ChatTurn ChatPartner::begin(Clock::time_point now) {
  ChatTurn turn;
  retry_ = kFirstRetry;
  if (!own_name_.empty()) ask_to_enter(turn, now);
  return turn;
}

ChatTurn ChatPartner::say(std::string_view line, Clock::time_point now) {
  ChatTurn turn;
  if (room_ && state_ == State::kPerson) {  // which had no room for us
    retry_ = kFirstRetry;
    ask_to_enter(turn, now);
  }
  if (state_ == State::kEntering) {
    if (unsaid_.size() == kMostUnsaid) unsaid_.pop_front();
    unsaid_.emplace_back(line);
    return turn;
  }
  note_said(line);
  if (state_ == State::kInside) next_tick_ = Deadline(now + kChatKeepalive);
  turn.send.emplace_back(line);
  return turn;
}

void ChatPartner::note_said(std::string_view line) {
  ++said_;
  if (unheard_.size() == kMostUnsaid) unheard_.pop_front();
  unheard_.emplace_back(line);
}

void ChatPartner::note_heard(std::string_view text) {
  ++heard_;
  if (state_ == State::kPerson) return unheard_.clear();
  const auto it = std::ranges::find_if(unheard_, [&](const std::string& line) {
    return text.ends_with(": " + printable(line, kMostChatShown));
  });
  if (it != unheard_.end()) unheard_.erase(unheard_.begin(), it + 1);
}

void ChatPartner::prove(std::string_view code, ChatTurn& turn, Clock::time_point now) {
  room_ = true;
  // A room that does not know us, or no more, did not relay what we said.
  if (state_ != State::kEntering) unsaid_ = std::exchange(unheard_, {});
  if (state_ != State::kEntering) retry_ = kFirstRetry;
  code_ = code;
  turn.send.push_back(code_ + (own_name_.empty() ? "" : " " + own_name_));
  state_ = State::kEntering;
  next_tick_ = Deadline(now + retry_);
}

void ChatPartner::send_unsaid(ChatTurn& turn) {
  for (; !unsaid_.empty(); unsaid_.pop_front()) {
    note_said(unsaid_.front());
    turn.send.push_back(unsaid_.front());
  }
}

void ChatPartner::begin_inside(ChatTurn& turn, Clock::time_point now) {
  state_ = State::kInside;
  code_.clear();
  next_tick_ = Deadline(now + kChatKeepalive);
  send_unsaid(turn);
}

ChatTurn ChatPartner::hear(std::string_view datagram, Clock::time_point now) {
  ChatTurn turn;
  const std::string_view text = without_line_end(datagram);
  if (const auto code = asked_code(text, room_)) {
    prove(*code, turn, now);
    return turn;
  }
  if (state_ == State::kInside &&
      is_hint(text)) {  // a room that knows us no more, and has no room for a code
    unsaid_ = std::exchange(unheard_, {});
    retry_ = kFirstRetry;
    ask_to_enter(turn, now);
    return turn;
  }
  const bool welcome = text.starts_with(kChatWelcome);
  if (welcome && state_ == State::kInside) return turn;  // the answer to a code that was sent twice
  turn.show = std::string(text);
  // Who gave a name has asked a room for more than that.
  if (own_name_.empty() && ChatProof::is_code(text)) turn.note = "if that is a room, --name NAME enters it";
  note_heard(text);
  if (state_ == State::kEntering) hear_entering(text, turn, now);
  return turn;
}

void ChatPartner::hear_entering(std::string_view text, ChatTurn& turn, Clock::time_point now) {
  if (room_ && text.starts_with(kChatWelcome)) return begin_inside(turn, now);
  const bool refused = room_ && text.starts_with(kChatFull);
  if (room_ && !refused) return;  // what others say
  state_ = State::kPerson;
  code_.clear();
  next_tick_ = Deadline::never();
  if (refused) unsaid_.clear();  // it would say so again
  send_unsaid(turn);
}

ChatTurn ChatPartner::tick(Clock::time_point now) {
  ChatTurn turn;
  if (next_tick_.is_never() || now < next_tick_.time()) return turn;
  if (state_ == State::kEntering) {
    ask_to_enter(turn, now);
  } else {
    turn.send.emplace_back(kAskedSize, ' ');  // long enough for a code, should it have forgotten us
    next_tick_ = Deadline(now + kChatKeepalive);
  }
  return turn;
}

ChatTurn ChatPartner::leave() {
  ChatTurn turn;
  if (state_ == State::kInside) turn.send.emplace_back(kChatQuit);
  state_ = State::kPerson;
  room_ = false;
  code_.clear();
  next_tick_ = Deadline::never();
  unsaid_.clear();
  unheard_.clear();
  said_ = heard_ = 0;
  return turn;
}

bool ChatPartner::waiting() const {
  if (state_ == State::kEntering) return true;
  return state_ == State::kInside ? !unheard_.empty() : heard_ < said_;
}

}  // namespace socketserver
