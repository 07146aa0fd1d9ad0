// Chat with the person at the server.
#pragma once

#include <deque>
#include <optional>

#include "socketserver/service/chat.hpp"

namespace socketserver {

/// Shows what comes, and sends what is typed to whoever spoke last, or to whom the person chose:
///   some text          to the one who spoke last, or was chosen
///   @HOST:PORT         from now on to that one; any part of it will do that only one of those who spoke has
///   @HOST:PORT text    this line to that one
///   @                  who has spoken
///   q                  ends the conversation: nobody is chosen, until somebody speaks. With nobody to talk
///                      to, it ends the program
/// Empty lines are not sent. An address that has not spoken must be given whole,
/// and in numbers.
class ChatDesk : public ChatHost {
 public:
  /// What becomes of lines that are typed before anybody is there to get them: `kKeep`, for lines from a
  /// pipe, has them wait for the first who speaks; `kRefuse` says that nobody is there.
  enum class Early { kKeep, kRefuse };
  explicit ChatDesk(Early early) : early_(early) {}

  ChatActions hear(const Address& from, std::string_view datagram, Clock::time_point now) override;
  ChatActions type(std::string_view line, Clock::time_point now) override;
  ChatActions tick(Clock::time_point) override { return {}; }
  bool wants_lines() const override;

 private:
  void remember(const Address& from);
  void take_lines(ChatActions& actions);
  bool take_line(const std::string& line, ChatActions& actions);
  void choose(std::string_view words, ChatActions& actions);
  std::optional<Address> find(std::string_view part, std::string& why_not) const;

  const Early early_;
  std::optional<Address> partner_;
  bool chosen_ = false;            // partner_ stays, whoever speaks
  std::deque<Address> spoken_;     // the latest first
  std::deque<std::string> typed_;  // and nobody there
};

}  // namespace socketserver
