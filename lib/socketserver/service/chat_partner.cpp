#include "socketserver/service/chat_partner.hpp"

#include <algorithm>
#include <utility>

#include "socketserver/service/chat_proof.hpp"
#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/message.hpp"

namespace socketserver {
namespace {

using namespace std::chrono_literals;

// Of a request that may be lost: at first as soon as a person would wonder, then less and less often.
constexpr auto kFirstRetry = 1s, kLastRetry = 8s;

}  // namespace

void ChatPartner::change_to(State state) {
  if (std::exchange(state_, state) != state) ++progress_;
}

void ChatPartner::ask_to_enter(ChatTurn& turn, Clock::time_point now) {
  // Of a code perhaps the answer was lost, and we are in.
  std::string greeting = (code_.empty() ? "/name" : code_) + " " + own_name_;
  greeting.resize(std::max(greeting.size(), kAskedSize), ' ');  // room for the answer
  turn.send.push_back(std::move(greeting));
  said_enough_ = true;
  change_to(State::kEntering);
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
  if (is_person()) {
    say_to_person(line, turn);
    return turn;
  }
  outbox_.add(line);
  if (state_ == State::kInside) say_next(turn, now);
  if (state_ == State::kPerson) {  // which had no room for us
    retry_ = kFirstRetry;
    ask_to_enter(turn, now);
  }
  return turn;
}

void ChatPartner::say_to_person(std::string_view line, ChatTurn& turn) {
  ++said_;
  said_enough_ = said_enough_ || line.size() >= kExplainedSize;
  if (outbox_.full()) {
    outbox_.drop();
    ++forgotten_;
  }
  outbox_.add(line);
  turn.send.emplace_back(line);
}

void ChatPartner::say_next(ChatTurn& turn, Clock::time_point now) {
  const auto& lines = outbox_.lines();
  for (; !lines.empty() && lines.front().size() > kMostChatText; outbox_.drop(), ++lost_, ++progress_)
    turn.notes.push_back(told_too_long(lines.front(), "a room", kMostChatText));
  const std::optional<std::string> line = outbox_.due(now);
  if (!line) return;
  turn.send.push_back(*line);
  next_tick_ = Deadline(now + kChatKeepalive);
}

void ChatPartner::prove(std::string_view code, ChatTurn& turn, Clock::time_point now) {
  if (!room_) be_room();
  if (state_ != State::kEntering) retry_ = kFirstRetry;
  code_ = code;
  turn.send.push_back(code_ + (own_name_.empty() ? "" : " " + own_name_));
  change_to(State::kEntering);
  next_tick_ = Deadline(now + retry_);
}

// It relayed nothing of what was said so far, nor heard that we want to leave.
void ChatPartner::be_room() {
  room_ = true;
  lost_ += std::exchange(forgotten_, 0);
  quit_ = outbox_.cut_at(kChatQuit);
}

void ChatPartner::begin_inside(std::string_view welcome, Clock::time_point now) {
  change_to(State::kInside);
  welcomed_ = true;
  next_tick_ = Deadline(now + kChatKeepalive);
  code_.clear();
  outbox_.enter(welcome);
}

ChatTurn ChatPartner::hear(std::string_view datagram, Clock::time_point now) {
  ChatTurn turn;
  const std::string_view text = without_line_end(datagram);
  if (const auto code = asked_code(text, room_); code && said_enough_) {
    prove(*code, turn, now);
  } else if (state_ == State::kInside && is_hint(text)) {
    retry_ = kFirstRetry;  // it knows us no more, and had no room for a code
    ask_to_enter(turn, now);
  } else if (room_) {
    hear_room(text, turn, now);
  } else {
    turn.show = std::string(text);
    hear_person(turn);
  }
  return turn;
}

// Is it what a room says to those who have said too little?
bool ChatPartner::may_be_room(std::string_view text) const {
  return said_ > 0 && (ChatProof::is_code(text) || is_hint(text));
}

void ChatPartner::hear_person(ChatTurn& turn) {
  const bool may_be_room = this->may_be_room(*turn.show);
  if (may_be_room && !said_enough_ && !std::exchange(noted_, true))
    turn.notes.emplace_back("if that is a room, --name NAME enters it");
  if (state_ == State::kEntering) return may_be_room ? void() : be_person(turn);
  ++heard_;
  ++progress_;
  if (may_be_room) return;  // which has not taken what was said
  forgotten_ = 0;
  outbox_.clear();
}

void ChatPartner::be_person(ChatTurn& turn) {
  change_to(State::kPerson);
  room_ = quit_ = false;
  code_.clear();
  next_tick_ = Deadline::never();
  const std::deque<std::string> lines = outbox_.lines();
  outbox_.clear();
  for (const std::string& line : lines) say_to_person(line, turn);
}

void ChatPartner::hear_room(std::string_view text, ChatTurn& turn, Clock::time_point now) {
  const bool welcome = text.starts_with(kChatWelcome);
  if (welcome && state_ == State::kInside) return;  // the answer to a code that was sent twice
  // Before a command that is on its way takes it for its answer.
  const bool about_us = state_ == State::kEntering && (welcome || text.starts_with(kChatFull));
  if (about_us)
    turn.show = std::string(text);
  else
    hear_of_lines(text, turn, now);
  if (about_us && welcome) begin_inside(text, now);
  if (about_us && !welcome) be_refused();
  if (state_ == State::kInside) say_next(turn, now);
}

void ChatPartner::hear_of_lines(std::string_view text, ChatTurn& turn, Clock::time_point now) {
  using Heard = ChatOutbox::Heard;
  const std::size_t lines = outbox_.lines().size();
  const std::string first = lines == 0 ? "" : outbox_.lines().front();
  const Heard heard = outbox_.hear(text, now);
  if (outbox_.lines().size() < lines) ++progress_;
  if (heard == Heard::kGivenUp)
    turn.notes.push_back("not heard again after " + std::to_string(ChatOutbox::kMostTries) +
                         " tries: " + quoted_start(first));
  else if (heard != Heard::kUnseen)
    turn.show = std::string(text);
  if (heard == Heard::kTooLong || heard == Heard::kGivenUp) ++lost_;
}

void ChatPartner::be_refused() {
  change_to(State::kPerson);
  code_.clear();
  next_tick_ = Deadline::never();
  lost_ += outbox_.lines().size();  // it would say so again
  outbox_.clear();
  said_ = heard_ = 0;
}

Deadline ChatPartner::next_tick() const {
  return state_ == State::kInside ? std::min(next_tick_, outbox_.next_due()) : next_tick_;
}

ChatTurn ChatPartner::tick(Clock::time_point now) {
  ChatTurn turn;
  if (state_ == State::kInside) say_next(turn, now);
  if (next_tick_.is_never() || now < next_tick_.time()) return turn;
  if (state_ == State::kEntering && own_name_.empty() && !welcomed_ && retry_ == kLastRetry) {
    be_person(turn);  // whom nobody had taken for a room before he spoke like one
  } else if (state_ == State::kEntering) {
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
  change_to(State::kPerson);
  room_ = quit_ = welcomed_ = said_enough_ = noted_ = false;
  code_.clear();
  next_tick_ = Deadline::never();
  outbox_.clear();
  forgotten_ = said_ = heard_ = lost_ = 0;
  return turn;
}

const std::deque<std::string>& ChatPartner::pending() const {
  static const std::deque<std::string> none;
  return is_person() ? none : outbox_.lines();
}

bool ChatPartner::waiting() const {
  if (state_ == State::kEntering) return true;
  return state_ == State::kInside ? !outbox_.lines().empty() : heard_ < said_;
}

}  // namespace socketserver
