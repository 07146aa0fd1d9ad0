// A conversation with a person, or in a room, over a socket of its own.
#pragma once

#include <string>
#include <string_view>

#include "common/line_input.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/socket.hpp"
#include "socketserver/service/chat_partner.hpp"
#include "socketserver/service/people.hpp"

namespace socketserver::apps {

/// Shows what it hears, and what cannot be sent. It can be begun again after its end; what comes in between
/// is shown, too. One thread.
class Conversation {
 public:
  /// `own_name` is for a room, "" where none shall be entered at once. `input`, where it shows, must outlive
  /// it.
  Conversation(Person person, const std::string& own_name, LineInput& input)
      : person_(std::move(person)), partner_(own_name), input_(input) {}

  const Person& person() const { return person_; }
  /// -1 before it was begun for the first time.
  int fileno() const { return socket_.fileno(); }

  /// Throws std::runtime_error, "cannot reach ...".
  void begin();
  /// Where it wants no lines, this one is lost.
  void say(std::string_view line);
  /// Shows what has come.
  void hear();
  void tick();
  void end();

  bool wants_lines() const { return partner_.wants_lines(); }
  /// Grows where waiting goes on with a reason (ChatPartner says what is one).
  std::size_t progress() const { return partner_.progress(); }
  bool has_quit() const { return partner_.has_quit(); }
  bool of_room() const { return partner_.of_room(); }
  Deadline next_tick() const { return partner_.next_tick(); }
  /// Is nobody there, as the system said since something was heard last?
  bool unreachable() const { return !unreachable_.empty(); }
  /// Was anything heard in this conversation?
  bool heard() const { return heard_; }
  /// Is an answer missing (ChatPartner says what one is)?
  bool waiting() const { return partner_.waiting(); }
  /// Are lines on their way into a room?
  bool delivering() const { return !partner_.pending().empty(); }
  /// Says that nobody has answered.
  std::string without_answer() const;
  /// Says what was not delivered, as far as that is known; "" where that is nothing. With `more`, of which
  /// nothing was tried.
  std::string undelivered(bool more) const;

 private:
  void perform(const ChatTurn& turn);
  bool hear_next();
  void send(const std::string& datagram);
  void failed(const OSError& error);
  void not_taken(std::string_view line);
  void too_long(std::string_view line);
  std::size_t most() const;
  std::string reason() const { return unreachable_.empty() ? "" : ": " + unreachable_; }

  const Person person_;
  ChatPartner partner_;
  LineInput& input_;
  Socket socket_;
  std::string unreachable_;  // why, since it was heard from last
  bool heard_ = false;
  std::size_t unsent_ = 0;  // lines that were too long, or too many
};

}  // namespace socketserver::apps
