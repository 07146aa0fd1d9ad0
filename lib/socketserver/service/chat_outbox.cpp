#include "socketserver/service/chat_outbox.hpp"

#include <algorithm>

#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kRenamed = " is now ";

// Of those who come and go, which answers nobody.
bool is_announcement(std::string_view text) {
  return (text.ends_with(" joined") || text.ends_with(" left")) && !text.starts_with("* here: ");
}

}  // namespace

void ChatOutbox::drop() {
  lines_.pop_front();
  sent_ = false;
  again_ = Deadline::never();
}

void ChatOutbox::clear() {
  lines_.clear();
  sent_ = false;
  again_ = Deadline::never();
}

std::optional<std::string> ChatOutbox::due(Clock::time_point now) {
  if (lines_.empty() || (sent_ && now < again_.time())) return std::nullopt;
  sent_ = true;
  again_ = Deadline(now + kAgain);
  return lines_.front();
}

void ChatOutbox::enter(std::string_view welcome) {
  // "* welcome, anna; here: anna, bob", or "* welcome, anna".
  welcome.remove_prefix(std::min(welcome.size(), kChatWelcome.size() + 2));
  const std::size_t end = welcome.find("; here: ");
  name_ = welcome.substr(0, end);
  sent_ = false;
}

ChatOutbox::Heard ChatOutbox::hear(std::string_view text, Clock::time_point now) {
  Heard heard = Heard::kOther;
  if (sent_ && text.starts_with(kChatTooFast)) {
    again_ = Deadline(now + kTooFast);
    return Heard::kTooFast;
  }
  if (sent_ && text.starts_with(kChatTooLong))
    heard = Heard::kTooLong;
  else if (sent_ && is_answer(text))
    heard = Heard::kAnswer;
  if (heard != Heard::kOther) drop();
  note_rename(text);
  return heard;
}

bool ChatOutbox::is_answer(std::string_view text) const {
  std::string_view line = lines_.front();
  if (line.starts_with("//"))
    line.remove_prefix(1);
  else if (line.starts_with('/'))
    return is_answer_to_command(text);
  const std::string relayed = ": " + printable(line, kMostChatShown);
  return name_.empty() ? text.ends_with(relayed) : text == name_ + relayed;
}

bool ChatOutbox::is_answer_to_command(std::string_view text) const {
  const bool of_others = text.find(kRenamed) != text.npos && !text.starts_with("* " + name_ + " ");
  return text.starts_with("* ") && !is_announcement(text) && !of_others;
}

void ChatOutbox::note_rename(std::string_view text) {
  const std::string ours = "* " + name_ + std::string(kRenamed);
  if (text.starts_with(ours)) name_ = text.substr(ours.size());
}

}  // namespace socketserver
