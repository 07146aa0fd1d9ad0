#include "socketserver/service/chat_outbox.hpp"

#include <algorithm>
#include <utility>

#include "socketserver/io/ascii.hpp"
#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

constexpr std::string_view kRename = "/name ", kRenamed = " is now ", kSameName = "* that is your name";

bool is_command(std::string_view line) { return line.starts_with('/') && !line.starts_with("//"); }

// Of those who come and go, which answers nobody.
bool is_announcement(std::string_view text) {
  return (text.ends_with(" joined") || text.ends_with(" left")) && !text.starts_with(kChatHere);
}

}  // namespace

void ChatOutbox::drop() {
  lines_.pop_front();
  tries_ = 0;
  forget_sent();
}

void ChatOutbox::clear() {
  lines_.clear();
  tries_ = 0;
  forget_sent();
}

bool ChatOutbox::cut_at(std::string_view word) {
  const auto at = std::ranges::find(lines_, word, [](const std::string& line) { return strip(line); });
  if (at == lines_.end()) return false;
  lines_.erase(at, lines_.end());
  if (lines_.empty()) clear();
  return true;
}

void ChatOutbox::forget_sent() {
  stale_ += std::exchange(asked_, 0);
  sent_ = refused_ = false;
  again_ = Deadline::never();
}

std::optional<std::string> ChatOutbox::due(Clock::time_point now) {
  if (lines_.empty() || (sent_ && now < again_.time())) return std::nullopt;
  again_ = Deadline(now + kAgain);
  if (sent_ && !refused_ && !is_command(lines_.front())) {
    ++asked_;
    return std::string(kChatWho);
  }
  sent_ = true;
  refused_ = false;
  return lines_.front();
}

void ChatOutbox::enter(std::string_view welcome) {
  // "* welcome, anna; here: anna, bob", or "* welcome, anna".
  welcome.remove_prefix(std::min(welcome.size(), kChatWelcome.size() + 2));
  const std::size_t end = welcome.find("; here: ");
  name_ = welcome.substr(0, end);
  forget_sent();
  stale_ = 0;
}

ChatOutbox::Heard ChatOutbox::hear(std::string_view text, Clock::time_point now) {
  Heard heard = Heard::kOther;
  if (sent_ && text.starts_with(kChatTooFast)) return hear_too_fast(now);
  if (sent_ && text.starts_with(kChatTooLong))
    heard = Heard::kTooLong;
  else if (sent_ && is_answer(text))
    heard = Heard::kAnswer;
  else if (text.starts_with(kChatHere))
    return hear_asked();
  note_rename(text);
  if (heard != Heard::kOther) drop();
  return heard;
}

ChatOutbox::Heard ChatOutbox::hear_too_fast(Clock::time_point now) {
  again_ = Deadline(now + kTooFast);
  if (asked_ > 0)
    --asked_;
  else
    refused_ = true;
  return Heard::kUnseen;
}

// An answer to what was asked behind a line says that the line did not arrive, or that our copy of it did
// not.
ChatOutbox::Heard ChatOutbox::hear_asked() {
  if (stale_ + asked_ == 0) return Heard::kOther;
  if (stale_ == 0) return hear_lost();
  --stale_;
  return Heard::kUnseen;
}

ChatOutbox::Heard ChatOutbox::hear_lost() {
  --asked_;
  forget_sent();
  if (++tries_ < kMostTries) return Heard::kUnseen;
  drop();
  return Heard::kGivenUp;
}

bool ChatOutbox::is_answer(std::string_view text) const {
  std::string_view line = lines_.front();
  if (is_command(line)) return is_answer_to_command(text);
  if (line.starts_with('/')) line.remove_prefix(1);
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
  // What was said of that before was lost.
  if (sent_ && text == kSameName && lines_.front().starts_with(kRename))
    name_ = strip(std::string_view(lines_.front()).substr(kRename.size()));
}

}  // namespace socketserver
