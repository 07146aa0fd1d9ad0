// Conversations of a person with others.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "common/conversation.hpp"
#include "common/interruption.hpp"
#include "common/line_input.hpp"

namespace socketserver::apps {

/// Whom to talk to is chosen by name where there are several, then lines are sent as they come and answers
/// shown as they come, of all with whom we have talked; "q" ends a conversation, in a room "/quit", too. The
/// same with lines from a pipe; there, a conversation ends when what was said is answered, or nothing of
/// that for `timeout`, or for 5 s where a person had answered before. One thread.
class Talk {
 public:
  /// `own_name`: for rooms; "" where none shall be entered at once.
  Talk(std::vector<Person> people, const std::string& own_name, Timeout timeout);

  /// Until the person ends it, input ends, or SIGINT or SIGTERM. `first`: with whom alone, "": as said above.
  /// Throws UsageError for a name that is not known, and std::runtime_error where the person cannot be
  /// reached, where lines from a pipe got no answer at all, or where some are known not to have arrived.
  void run(const std::string& first);

 private:
  Conversation* find(const std::string& name);
  std::string names() const;
  void choose(const std::string& name);
  void begin(Conversation& other);
  void take_lines();
  void take_line(const std::string& line);
  bool wants_lines() const;
  void ask_whom();
  void renew_patience();
  void note_progress();
  bool must_end() const;
  bool may_end() const;
  void end();
  bool leaves_lines() const;
  void note_failure(const std::string& what);
  void wait();
  void interrupt();
  Deadline next_event() const;

  const Timeout timeout_;
  LineInput input_;
  Interruption interruption_;
  std::list<Conversation> others_;
  Conversation* current_ = nullptr;
  bool alone_ = false;     // with whom we talk is all
  bool ending_ = false;    // the conversation, when may_end()
  bool skipping_ = false;  // what is left of one that had to end
  bool done_ = false;
  Deadline patience_;
  std::size_t progress_ = 0;  // of the current conversation, when that was renewed
  std::vector<std::string> failures_;
};

}  // namespace socketserver::apps
