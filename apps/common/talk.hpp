// Conversations of a person with others, each over a socket of its own.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/interruption.hpp"
#include "common/line_input.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/socket.hpp"
#include "socketserver/service/chat_partner.hpp"
#include "socketserver/service/people.hpp"

namespace socketserver::apps {

/// Whom to talk to is chosen by name where there are several, then lines are sent as they come and answers
/// shown as they come, of all with whom we have talked; "q" ends a conversation. The same with lines from a
/// pipe; there, a conversation ends when what was said is answered, or nothing came for `timeout`, or for
/// 5 s where something had come. One thread.
class Talk {
 public:
  /// `own_name`: for rooms; "" where none shall be entered at once.
  Talk(std::vector<Person> people, const std::string& own_name, Timeout timeout);

  /// Until the person ends it, input ends, or SIGINT or SIGTERM. `first`: with whom alone, "": as said above.
  /// Throws UsageError for a name that is not known, and std::runtime_error where the person cannot be
  /// reached, or where lines from a pipe got no answer at all.
  void run(const std::string& first);

 private:
  struct Other {
    Other(Person one, const std::string& own_name) : person(std::move(one)), partner(own_name) {}
    Person person;
    ChatPartner partner;
    Socket socket;            // closed: not talked to yet
    std::string unreachable;  // why, since it was heard from last
    bool heard = false;       // in this conversation
  };

  Other* find(const std::string& name);
  std::string names() const;
  void choose(const std::string& name);
  void begin(Other& other);
  void take_lines();
  void take_line(const std::string& line);
  void ask_whom();
  bool may_end() const;
  void end();
  void wait();
  Deadline next_event() const;
  void hear(Other& other);
  bool hear_next(Other& other);
  void perform(Other& other, const ChatTurn& turn);
  void send(Other& other, const std::string& datagram);
  void failed(Other& other, const OSError& error);

  std::list<Other> others_;
  const Timeout timeout_;
  LineInput input_;
  Interruption interruption_;
  Other* current_ = nullptr;
  bool alone_ = false;   // with whom we talk is all
  bool ending_ = false;  // the conversation, when may_end()
  bool done_ = false;
  Deadline patience_;
  std::vector<std::string> failures_;
};

}  // namespace socketserver::apps
