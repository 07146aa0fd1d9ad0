#include "common/conversation.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "common/connect.hpp"
#include "socketserver/service/message.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver::apps {
namespace {

constexpr std::size_t kMostDatagram = 65'536;

// What a lively room says while our terminal is slow.
constexpr int kReceiveBuffer = 1 << 20;

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

void Conversation::begin() {
  if (socket_.fileno() < 0) socket_ = connect_to(person_);
  heard_ = false;
  unsent_ = 0;
  unreachable_.clear();
  if (input_.interactive())
    input_.note("talking to " + printable(person_.name) + " [" +
                printable(socket_.getpeername().to_string()) + "]; q ends it");
  perform(partner_.begin(Clock::now()));
}

void Conversation::say(std::string_view line) {
  if (!of_room() && line.size() > most()) return too_long(line);
  if (!wants_lines()) return not_taken(line);
  perform(partner_.say(line, Clock::now()));
}

void Conversation::tick() { perform(partner_.tick(Clock::now())); }

void Conversation::end() { perform(partner_.leave()); }

void Conversation::perform(const ChatTurn& turn) {
  for (const std::string& datagram : turn.send) send(datagram);
  if (turn.show) {
    heard_ = true;
    input_.print(shown_message(socket_.getpeername(), *turn.show));
  }
  for (const std::string& note : turn.notes) input_.note(note);
}

// ---- datagrams ----

// What IP leaves of 65,535 bytes, and what our servers take of a Unix datagram.
std::size_t Conversation::most() const {
  const int family = socket_.getpeername().family();
  return family == AF_INET ? 65'507 : family == AF_INET6 ? 65'527 : 65'535;
}

void Conversation::send(const std::string& datagram) {
  try {
    try {
      socket_.send(datagram);
    } catch (const ConnectionRefusedError&) {
      socket_.send(datagram);  // that was the fate of the one before, in place of which nothing was sent
    }
  } catch (const OSError& error) {
    if (error.errnum() == EMSGSIZE) return too_long(datagram);
    failed(error);
  }
}

void Conversation::not_taken(std::string_view line) {
  ++unsent_;
  input_.note("not said: " + quoted_start(line) + "; " + std::to_string(partner_.pending().size()) +
              " lines wait for the room");
}

void Conversation::too_long(std::string_view line) {
  ++unsent_;
  input_.note(told_too_long(line, "a datagram", most()));
}

void Conversation::hear() {
  int count = 0;
  while (count < kAtOnce && hear_next()) ++count;
}

bool Conversation::hear_next() {
  try {
    const std::string datagram = socket_.recv(kMostDatagram);
    unreachable_.clear();
    perform(partner_.hear(datagram, Clock::now()));
    return true;
  } catch (const BlockingIOError&) {
  } catch (const OSError& error) {
    failed(error);
  }
  return false;
}

// ---- what goes wrong ----

// Told once, until there is a sign of life.
void Conversation::failed(const OSError& error) {
  const std::string why = error.code().message();
  if (unreachable_ == why) return;
  unreachable_ = why;
  if (input_.interactive()) input_.note("cannot reach " + printable(person_.name) + ": " + why);
}

std::string Conversation::without_answer() const {
  return "no answer from " + printable(person_.where) + reason();
}

std::string Conversation::undelivered(bool more) const {
  const auto& pending = partner_.pending();
  const std::size_t lines = pending.size() + partner_.lost() + unsent_;
  if (lines == 0) return "";
  std::string what = std::to_string(lines) + (lines == 1 && !more ? " line was" : " lines were") +
                     " not delivered to " + printable(person_.where);
  if (!pending.empty()) what += ", from " + quoted_start(pending.front()) + " on";
  return (more ? "more than " : "") + what + reason();
}

}  // namespace socketserver::apps
