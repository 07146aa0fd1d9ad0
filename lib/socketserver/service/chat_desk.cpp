#include "socketserver/service/chat_desk.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <stdexcept>

#include "socketserver/io/ascii.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/people.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

// Those that "@" lists and finds; more than a person can talk to, and strangers make up as many as they like.
constexpr std::size_t kMostRemembered = 100;
// Lines that wait; those behind them stay in the pipe.
constexpr std::size_t kMostTyped = 100;

std::string shown(const Address& address) { return printable(address.to_string()); }

// A name might have to be looked up, for which nobody else's messages shall wait.
bool is_numeric(std::string_view where) {
  if (where.starts_with("unix:")) return true;
  std::string host(where.substr(0, where.rfind(':')));
  const bool six = host.starts_with('[') && host.ends_with(']');
  if (six) host = host.substr(1, std::min(host.find('%'), host.size() - 1) - 1);
  in6_addr bytes;
  return ::inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), &bytes) == 1;
}

void say(ChatActions& actions, const Address& to, std::string_view text) {
  actions.reply(to, std::string(text), "[" + shown(to) + "] cannot be reached, or not with so long a line");
}

}  // namespace

bool ChatDesk::wants_lines() const { return typed_.size() < kMostTyped; }

void ChatDesk::remember(const Address& from) {
  std::erase(spoken_, from);
  spoken_.push_front(from);
  if (spoken_.size() > kMostRemembered) spoken_.pop_back();
}

ChatActions ChatDesk::hear(const Address& from, std::string_view datagram, Clock::time_point) {
  ChatActions actions;
  actions.show.push_back(shown_message(from, datagram));
  if (from.size() == 0 || (from.family() == AF_UNIX && from.path().empty())) return actions;  // no answer
  remember(from);
  if (!chosen_) {
    if (partner_ && *partner_ != from) actions.notes.push_back("answers go to [" + shown(from) + "] now");
    partner_ = from;
  }
  take_lines(actions);
  return actions;
}

ChatActions ChatDesk::type(std::string_view line, Clock::time_point) {
  ChatActions actions;
  typed_.emplace_back(without_line_end(line));
  take_lines(actions);
  return actions;
}

void ChatDesk::take_lines(ChatActions& actions) {
  while (!typed_.empty() && !actions.end && take_line(typed_.front(), actions)) typed_.pop_front();
}

// False when it has to wait.
bool ChatDesk::take_line(const std::string& line, ChatActions& actions) {
  const std::string_view text = strip(line);
  if (text.empty()) return true;
  if (text == "q") {
    actions.end = !partner_;
    if (partner_) actions.notes.push_back("the conversation with [" + shown(*partner_) + "] is over");
    partner_.reset();
    chosen_ = false;
  } else if (text.starts_with('@')) {
    choose(text.substr(1), actions);
  } else if (partner_) {
    say(actions, *partner_, line);
  } else if (early_ == Early::kKeep) {
    return false;
  } else {
    actions.notes.push_back("nobody has spoken yet, so this went to nobody (@HOST:PORT names somebody)");
  }
  return true;
}

void ChatDesk::choose(std::string_view words, ChatActions& actions) {
  const std::size_t space = std::min(words.find(' '), words.size());
  const std::string_view who = words.substr(0, space), text = strip(words.substr(space));
  if (who.empty()) {
    for (const Address& each : spoken_) actions.notes.push_back("@" + shown(each));
    if (spoken_.empty()) actions.notes.push_back("nobody has spoken yet");
    return;
  }
  std::string why_not;
  const std::optional<Address> found = find(who, why_not);
  if (!found) {
    actions.notes.push_back(why_not);
  } else if (!text.empty()) {
    say(actions, *found, text);
  } else {
    partner_ = found;
    chosen_ = true;
    actions.notes.push_back("answers go to [" + shown(*found) + "] until q");
  }
}

std::optional<Address> ChatDesk::find(std::string_view part, std::string& why_not) const {
  std::vector<Address> found;
  for (const Address& each : spoken_) {
    const std::string whole = each.to_string();
    if (whole == part) return each;
    if (whole.find(part) != whole.npos) found.push_back(each);
  }
  if (found.size() == 1) return found.front();
  why_not =
      "@" + printable(part) + (found.empty() ? ": nobody who has spoken" : ": more than one who has spoken");
  if (found.size() > 1) return std::nullopt;
  if (!is_numeric(part)) return std::nullopt;
  try {
    return place(part);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace socketserver
