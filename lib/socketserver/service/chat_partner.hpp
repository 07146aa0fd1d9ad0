// The client's side of chat: one person, or a room, that it talks to.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/net/deadline.hpp"
#include "socketserver/service/chat_outbox.hpp"

namespace socketserver {

/// What is to be sent, and shown, because of something.
struct ChatTurn {
  std::vector<std::string> send;
  std::optional<std::string> show;
  std::vector<std::string> notes;  ///< what the person should know beside that
};

/// Decides alone, without socket or clock. Lines are sent as they are, whoever is there. A room
/// (chat_room.hpp tells how it is entered) makes itself known by "to enter, send /CODE", for which it needs
/// 26 bytes of us: what we send to enter has them, a line of ours perhaps not. Where there were none, or no
/// welcome follows, it is a person who says so. The proof is given unseen; from then on the room is told
/// every half a minute that we are still here, and what was said too early is said again once we are in. What
/// we say there arrives in order, and waits where the room allows no more (ChatOutbox). One thread.
class ChatPartner {
 public:
  /// With a name, a room is taken to be there, and entered at once.
  explicit ChatPartner(std::string own_name = {}) : own_name_(std::move(own_name)) {}

  ChatTurn begin(Clock::time_point now);
  ChatTurn say(std::string_view line, Clock::time_point now);
  /// May another line be said, or do too many wait?
  bool wants_lines() const { return is_person() || !outbox_.full(); }
  ChatTurn hear(std::string_view datagram, Clock::time_point now);
  ChatTurn tick(Clock::time_point now);
  /// The conversation is over.
  ChatTurn leave();
  /// When tick() has something to do.
  Deadline next_tick() const;
  /// Is an answer missing: is there less than one for each line, or, from a room, one of our lines?
  bool waiting() const;
  /// Grows with each step towards the end of waiting(): an answer of a person, a line that is done with, and
  /// what becomes known of who is there. Whatever else comes is none, others' lines and "/who" answered.
  std::size_t progress() const { return progress_; }
  /// Is a room there, or expected?
  bool of_room() const { return !is_person(); }
  /// Was "/quit" said before a room was known to be there? What was said before that is pending, and what
  /// came behind it is not said: who heard of it would join and leave for ever.
  bool has_quit() const { return quit_; }
  /// What was not relayed yet to those in the room.
  const std::deque<std::string>& pending() const;
  /// Lines that never will be.
  std::size_t lost() const { return lost_; }

 private:
  enum class State { kPerson, kEntering, kInside };
  void change_to(State state);
  void ask_to_enter(ChatTurn& turn, Clock::time_point now);
  void prove(std::string_view code, ChatTurn& turn, Clock::time_point now);
  void be_room();
  void begin_inside(std::string_view welcome, Clock::time_point now);
  bool is_person() const { return state_ == State::kPerson && !room_; }
  void say_to_person(std::string_view line, ChatTurn& turn);
  void say_next(ChatTurn& turn, Clock::time_point now);
  bool may_be_room(std::string_view text) const;
  void hear_person(ChatTurn& turn);
  void be_person(ChatTurn& turn);
  void hear_of_lines(std::string_view text, ChatTurn& turn, Clock::time_point now);
  void be_refused();
  void hear_room(std::string_view text, ChatTurn& turn, Clock::time_point now);

  const std::string own_name_;
  State state_ = State::kPerson;
  bool room_ = false;         // it has asked for a proof
  bool quit_ = false;         // was said to it before
  bool welcomed_ = false;     // by that room
  bool said_enough_ = false;  // for a room to explain itself
  bool noted_ = false;        // that it may be one
  std::string code_;          // that we gave, and do not know to be taken
  Deadline next_tick_;
  std::chrono::seconds retry_{1};
  ChatOutbox outbox_;          // to a person: what was said since he answered last, for he may be a room
  std::size_t forgotten_ = 0;  // of those, for which there was no room
  std::size_t said_ = 0, heard_ = 0, lost_ = 0, progress_ = 0;
};

}  // namespace socketserver
