#include "common/talk.hpp"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

#include "common/connect.hpp"
#include "common/options.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver::apps {
namespace {

constexpr std::size_t kMostDatagram = 65'536;

// What a lively room says while our terminal is slow.
constexpr int kReceiveBuffer = 1 << 20;

// Somebody is there, but need not answer each line.
constexpr std::chrono::nanoseconds kMoreAnswers = std::chrono::seconds(5);

// Datagrams of one read after the other, before we look at what else there is.
constexpr int kAtOnce = 64;

Socket connect_to(const Person& person) {
  try {
    const Address address = place(person.where);
    Socket socket = Socket::udp();
    if (address.family() == AF_UNIX) socket.bind(own_datagram_name());
    socket.connect(address);
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    socket.setblocking(false);
    return socket;
  } catch (const OSError& error) {
    throw std::runtime_error("cannot reach " + printable(person.where) + ": " + error.code().message());
  }
}

}  // namespace

Talk::Talk(std::vector<Person> people, const std::string& own_name, Timeout timeout) : timeout_(timeout) {
  for (Person& person : people) others_.emplace_back(std::move(person), own_name);
}

Talk::Other* Talk::find(const std::string& name) {
  const auto found = std::ranges::find_if(others_, [&](const Other& one) { return one.person.name == name; });
  return found == others_.end() ? nullptr : &*found;
}

std::string Talk::names() const {
  std::string all;
  for (const Other& other : others_) all += (all.empty() ? "" : ", ") + printable(other.person.name);
  return all;
}

void Talk::run(const std::string& first) {
  alone_ = !first.empty() || others_.size() == 1;
  Other* const only = first.empty() ? &others_.front() : find(first);
  if (only == nullptr) throw UsageError("there is no '" + printable(first) + "' among " + names());
  if (alone_)
    begin(*only);
  else
    ask_whom();
  while (!done_) {
    take_lines();
    if (ending_ && may_end())
      end();
    else if (!done_)
      wait();
  }
  if (!failures_.empty()) throw std::runtime_error(joined(failures_, "; "));
}

void Talk::ask_whom() { input_.set_prompt("whom to talk to (" + names() + "; q: nobody)? "); }

// ---- lines ----

void Talk::take_lines() {
  while (!ending_ && !done_) {
    const auto line = input_.next();
    if (line) {
      take_line(*line);
      continue;
    }
    if (!input_.ended()) return;
    ending_ = current_ != nullptr;
    done_ = !ending_;
  }
}

void Talk::take_line(const std::string& line) {
  const std::string text(strip(line));
  if (current_ == nullptr)
    choose(text);
  else if (text == "q")
    ending_ = true;
  else if (!text.empty())
    perform(*current_, current_->partner.say(without_line_end(line), Clock::now()));
}

void Talk::choose(const std::string& name) {
  if (name.empty()) return;
  done_ = name == "q";
  if (done_) return;
  Other* const other = find(name);
  if (other == nullptr) return input_.note("there is no '" + printable(name) + "' among " + names());
  try {
    begin(*other);
  } catch (const std::exception& error) {
    input_.note(error.what());
  }
}

// ---- a conversation ----

void Talk::begin(Other& other) {
  if (other.socket.fileno() < 0) other.socket = connect_to(other.person);
  current_ = &other;
  other.heard = false;
  other.unreachable.clear();
  patience_ = Deadline::after(timeout_);
  if (input_.interactive())
    input_.note("talking to " + printable(other.person.name) + " [" +
                printable(other.socket.getpeername().to_string()) + "]; q ends it");
  input_.set_prompt("> ");
  perform(other, other.partner.begin(Clock::now()));
}

bool Talk::may_end() const {
  return input_.interactive() || !current_->partner.waiting() || !current_->unreachable.empty() ||
         patience_.expired();
}

void Talk::end() {
  Other& other = *current_;
  const bool unheard = !input_.interactive() && other.partner.waiting() && !other.heard;
  perform(other, other.partner.leave());
  current_ = nullptr;
  ending_ = false;
  done_ = alone_;
  if (unheard)
    failures_.push_back("no answer from " + printable(other.person.where) +
                        (other.unreachable.empty() ? "" : ": " + other.unreachable));
  if (!done_) ask_whom();
}

void Talk::perform(Other& other, const ChatTurn& turn) {
  for (const std::string& datagram : turn.send) send(other, datagram);
  if (turn.show) {
    other.heard = true;
    input_.print(shown_message(other.socket.getpeername(), *turn.show));
  }
  if (!turn.note.empty()) input_.note(turn.note);
  if (turn.show || !turn.send.empty())
    patience_ =
        Deadline::after(other.heard ? std::min(timeout_.value_or(kMoreAnswers), kMoreAnswers) : timeout_);
}

void Talk::send(Other& other, const std::string& datagram) {
  try {
    try {
      other.socket.send(datagram);
    } catch (const ConnectionRefusedError&) {
      other.socket.send(datagram);  // that was the fate of the one before, in place of which nothing was sent
    }
  } catch (const OSError& error) {
    failed(other, error);
  }
}

// Told once, until there is a sign of life.
void Talk::failed(Other& other, const OSError& error) {
  const std::string why = error.code().message();
  if (other.unreachable == why) return;
  other.unreachable = why;
  if (input_.interactive()) input_.note("cannot reach " + printable(other.person.name) + ": " + why);
}

void Talk::hear(Other& other) {
  for (int i = 0; i < kAtOnce && hear_next(other); ++i) {
  }
}

bool Talk::hear_next(Other& other) {
  try {
    const std::string datagram = other.socket.recv(kMostDatagram);
    other.unreachable.clear();
    perform(other, other.partner.hear(datagram, Clock::now()));
    return true;
  } catch (const BlockingIOError&) {
  } catch (const OSError& error) {
    failed(other, error);
  }
  return false;
}

// ---- waiting ----

Deadline Talk::next_event() const {
  Deadline next = ending_ ? patience_ : Deadline::never();
  for (const Other& other : others_) next = std::min(next, other.partner.next_tick());
  const bool in_background = !ending_ && !input_.ended() && !input_.may_read();
  return in_background ? std::min(next, Deadline::after(std::chrono::seconds(1))) : next;
}

void Talk::wait() {
  std::vector<pollfd> fds{{interruption_.fileno(), POLLIN, 0}, {input_.fileno(), POLLIN, 0}};
  if (ending_ || !input_.may_read()) fds[1].fd = -1;
  for (const Other& other : others_) fds.push_back({other.socket.fileno(), POLLIN, 0});
  wait_any(fds, next_event());
  if (fds[1].revents != 0) input_.fill();
  auto fd = fds.begin() + 2;
  for (Other& other : others_) {
    if ((fd++)->revents != 0) hear(other);
    perform(other, other.partner.tick(Clock::now()));
  }
  if (!interruption_.requested()) return;
  done_ = true;
  if (current_ != nullptr) perform(*current_, current_->partner.leave());
}

}  // namespace socketserver::apps
