// The client's side of chat: one person, or a room, that it talks to.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// What is to be sent, and shown, because of something.
struct ChatTurn {
  std::vector<std::string> send;
  std::optional<std::string> show;
  std::string note;  ///< what the person should know beside that; empty: nothing
};

/// Decides alone, without socket or clock. Lines are sent as they are, whoever is there. A room
/// (chat_room.hpp tells how it is entered) makes itself known by "to enter, send /CODE", for which it needs
/// 26 bytes of us: what we send to enter has them, a line of ours perhaps not. The proof is given unseen;
/// from then on the room is told every half a minute that we are still here, and what was said too early is
/// said again once we are in. One thread.
class ChatPartner {
 public:
  /// With a name, a room is taken to be there, and entered at once.
  explicit ChatPartner(std::string own_name = {}) : own_name_(std::move(own_name)) {}

  ChatTurn begin(Clock::time_point now);
  ChatTurn say(std::string_view line, Clock::time_point now);
  ChatTurn hear(std::string_view datagram, Clock::time_point now);
  ChatTurn tick(Clock::time_point now);
  /// The conversation is over.
  ChatTurn leave();
  /// When tick() has something to do.
  Deadline next_tick() const { return next_tick_; }
  /// Is an answer missing: is there less than one for each line, or, from a room, one of our lines?
  bool waiting() const;

 private:
  enum class State { kPerson, kEntering, kInside };
  void ask_to_enter(ChatTurn& turn, Clock::time_point now);
  void prove(std::string_view code, ChatTurn& turn, Clock::time_point now);
  void begin_inside(ChatTurn& turn, Clock::time_point now);
  void note_said(std::string_view line);
  void note_heard(std::string_view text);
  void hear_entering(std::string_view text, ChatTurn& turn, Clock::time_point now);
  void send_unsaid(ChatTurn& turn);

  const std::string own_name_;
  State state_ = State::kPerson;
  bool room_ = false;  // it has asked for a proof
  std::string code_;   // that we gave, and do not know to be taken
  Deadline next_tick_;
  std::chrono::seconds retry_{1};
  std::deque<std::string> unsaid_;   // until we are in
  std::deque<std::string> unheard_;  // said, and not known to have been heard
  std::size_t said_ = 0, heard_ = 0;
};

}  // namespace socketserver
