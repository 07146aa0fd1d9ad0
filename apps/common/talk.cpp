#include "common/talk.hpp"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

#include "common/options.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/chat_room.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver::apps {
namespace {

// Somebody is there, but need not answer each line.
constexpr std::chrono::nanoseconds kMoreAnswers = std::chrono::seconds(5);

// That a person who wants to end waits for a room to relay the last lines, at the most.
constexpr std::chrono::seconds kLastLines{1};

}  // namespace

Talk::Talk(std::vector<Person> people, const std::string& own_name, Timeout timeout) : timeout_(timeout) {
  for (Person& person : people) others_.emplace_back(std::move(person), own_name, input_);
}

Conversation* Talk::find(const std::string& name) {
  const auto found =
      std::ranges::find_if(others_, [&](const Conversation& one) { return one.person().name == name; });
  return found == others_.end() ? nullptr : &*found;
}

std::string Talk::names() const {
  std::string all;
  for (const Conversation& other : others_) all += (all.empty() ? "" : ", ") + printable(other.person().name);
  return all;
}

void Talk::run(const std::string& first) {
  alone_ = !first.empty() || others_.size() == 1;
  Conversation* const only = first.empty() ? &others_.front() : find(first);
  if (only == nullptr) throw UsageError("there is no '" + printable(first) + "' among " + names());
  if (alone_)
    begin(*only);
  else
    ask_whom();
  while (!done_) {
    take_lines();
    if ((ending_ || must_end()) && may_end())
      end();
    else if (!done_)
      wait();
  }
  if (!failures_.empty()) throw std::runtime_error(joined(failures_, "; "));
}

void Talk::ask_whom() { input_.set_prompt("whom to talk to (" + names() + "; q: nobody)? "); }

// ---- lines ----

// Those that a room does not take yet stay in the pipe; at a terminal the next one may be "q".
bool Talk::wants_lines() const {
  return input_.interactive() || current_ == nullptr || current_->wants_lines();
}

void Talk::take_lines() {
  while (!ending_ && !done_ && wants_lines()) {
    const auto line = input_.unheard() ? std::nullopt : input_.next();
    if (line) {
      take_line(*line);
    } else {
      if (!input_.ended() && !input_.unheard()) return;
      ending_ = current_ != nullptr;
      done_ = !ending_;
    }
    renew_patience();
  }
}

void Talk::take_line(const std::string& line) {
  const std::string text(strip(line));
  if (skipping_)
    skipping_ = text != "q";
  else if (current_ == nullptr)
    choose(text);
  else if (text == "q" || (text == kChatQuit && current_->of_room()))
    ending_ = true;
  else if (!text.empty())
    current_->say(without_line_end(line));
}

void Talk::choose(const std::string& name) {
  if (name.empty()) return;
  done_ = name == "q";
  if (done_) return;
  Conversation* const other = find(name);
  if (other == nullptr) return input_.note("there is no '" + printable(name) + "' among " + names());
  try {
    begin(*other);
  } catch (const std::exception& error) {
    input_.note(error.what());
  }
}

// ---- a conversation ----

void Talk::begin(Conversation& other) {
  other.begin();
  current_ = &other;
  input_.set_prompt("> ");
  renew_patience();
}

// Where there is something new to wait for, or less than before. What others say in a room is no reason to
// wait, nor is that it answers our questions.
void Talk::renew_patience() {
  if (current_ == nullptr) return;
  progress_ = current_->progress();
  const bool has_answered = current_->heard() && !current_->of_room();
  if (input_.interactive())
    patience_ = Deadline::after(kLastLines);
  else
    patience_ =
        Deadline::after(has_answered ? std::min(timeout_.value_or(kMoreAnswers), kMoreAnswers) : timeout_);
}

// Whoever typed "q" wants to go: he does not wait for more than he was promised then.
void Talk::note_progress() {
  if (current_ == nullptr || current_->progress() == progress_) return;
  if (!ending_ || !input_.interactive()) renew_patience();
}

// Nobody waits for a room that takes no more from a pipe.
bool Talk::must_end() const { return !wants_lines(); }

bool Talk::may_end() const {
  const bool waiting = input_.interactive() ? current_->delivering() : current_->waiting();
  return !waiting || current_->unreachable() || patience_.expired();
}

void Talk::end() {
  if (!input_.interactive() && current_->waiting() && !current_->heard())
    note_failure(current_->without_answer());
  else
    note_failure(current_->undelivered(leaves_lines()));
  current_->end();
  current_ = nullptr;
  skipping_ = !ending_;
  ending_ = false;
  done_ = alone_;
  if (!done_) ask_whom();
}

// What nobody has read yet, and nobody will.
bool Talk::leaves_lines() const { return !ending_ && !input_.interactive(); }

void Talk::note_failure(const std::string& what) {
  if (!what.empty()) failures_.push_back(what);
}

// ---- waiting ----

Deadline Talk::next_event() const {
  Deadline next = ending_ || must_end() ? patience_ : Deadline::never();
  for (const Conversation& other : others_) next = std::min(next, other.next_tick());
  const bool in_background = !ending_ && !input_.ended() && !input_.may_read();
  return in_background ? std::min(next, Deadline::after(std::chrono::seconds(1))) : next;
}

void Talk::wait() {
  std::vector<pollfd> fds{{interruption_.fileno(), POLLIN, 0}, {input_.fileno(), POLLIN, 0}};
  if (ending_ || !input_.may_read() || !wants_lines()) fds[1].fd = -1;
  for (const Conversation& other : others_) fds.push_back({other.fileno(), POLLIN, 0});
  wait_any(fds, next_event());
  if (fds[1].revents != 0) input_.fill();
  auto fd = fds.begin() + 2;
  for (Conversation& other : others_) {
    if ((fd++)->revents != 0) other.hear();
    other.tick();
  }
  note_progress();
  if (current_ != nullptr && current_->has_quit()) ending_ = true;
  if (interruption_.requested()) interrupt();
}

void Talk::interrupt() {
  done_ = true;
  if (current_ == nullptr) return;
  note_failure(current_->undelivered(leaves_lines()));
  current_->end();
}

}  // namespace socketserver::apps
