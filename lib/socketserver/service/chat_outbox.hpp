// What we say in a room, until it is known to have been relayed.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// A room sends each line back to who said it, answers each command, and says so where a member is too fast.
/// So a line at a time is on its way, and the next one follows when the room has answered: nothing is lost,
/// and nothing changes places, at whatever rate the room allows. Where there is no answer, the room is asked
/// something: if it answers that alone, the line was lost on its way, and is said again; or it was relayed,
/// and our copy alone was lost, which cannot be told from that: then a line comes twice. One thread.
class ChatOutbox {
 public:
  /// More than anybody types while a room is away; who reads lines from a pipe reads on when there is room.
  static constexpr std::size_t kMost = 100;
  /// To wait for an answer, before the room is asked.
  static constexpr std::chrono::seconds kAgain{5};
  /// Before what was too fast is said again: longer than a room is silent about the next time that it was.
  static constexpr std::chrono::milliseconds kTooFast{250};
  /// A line that was lost so often was perhaps relayed each time, in a way that we do not know for it.
  static constexpr std::size_t kMostTries = 5;

  const std::deque<std::string>& lines() const { return lines_; }
  bool full() const { return lines_.size() >= kMost; }
  void add(std::string_view line) { lines_.emplace_back(line); }
  /// The first one.
  void drop();
  void clear();
  /// Drops the first line that says `word` alone, and those behind it. Is there one?
  bool cut_at(std::string_view word);

  /// What is to be sent now: the first line, if it was not, or is to be sent again; nullopt: nothing.
  std::optional<std::string> due(Clock::time_point now);
  Deadline next_due() const { return lines_.empty() ? Deadline::never() : again_; }

  /// The room has let us in, with this `welcome`, and knows of nothing that was said before.
  void enter(std::string_view welcome);
  enum class Heard { kOther, kAnswer, kTooLong, kUnseen, kGivenUp };
  /// Of what the room sends us: what it says of the line that is on its way. An answered one is dropped, and
  /// one that is kGivenUp after kMostTries. What is kUnseen, or leads to that, is between the room and us.
  Heard hear(std::string_view text, Clock::time_point now);

 private:
  void forget_sent();
  Heard hear_too_fast(Clock::time_point now);
  Heard hear_asked();
  Heard hear_lost();
  bool is_answer(std::string_view text) const;
  bool is_answer_to_command(std::string_view text) const;
  void note_rename(std::string_view text);

  std::string name_;  // that we have there; "": not known
  std::deque<std::string> lines_;
  bool sent_ = false;      // the first one was
  bool refused_ = false;   // and was too fast
  Deadline again_;         // when it is said again, or asked for
  std::size_t tries_ = 0;  // of the first one, that were lost
  std::size_t asked_ = 0;  // so many times, and no answer yet
  std::size_t stale_ = 0;  // the same, of lines before
};

}  // namespace socketserver
