#include "common/typist.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <exception>
#include <utility>

#include "socketserver/net/wait.hpp"

namespace socketserver::apps {
namespace {

constexpr std::chrono::milliseconds kTick{250};  // what is late by so little seems to be on time

}  // namespace

Typist::Typist(LineInput& input, Calls calls)
    : input_(input), calls_(std::move(calls)), thread_([this] { run(); }) {}

Typist::~Typist() {
  ending_ = true;
  wakeup_.notify();
  thread_.join();
}

void Typist::run() {
  for (Deadline next = Deadline::after(kTick); !ending_;) {
    wait(next);
    while (!ending_ && calls_.wants_lines()) {
      const auto line = input_.next();
      if (!line) break;
      calls_.typed(*line);
    }
    if (!next.expired()) continue;
    calls_.tick();
    next = Deadline::after(kTick);
  }
}

void Typist::wait(Deadline deadline) {
  std::array<pollfd, 2> fds{{{wakeup_.fileno(), POLLIN, 0}, {input_.fileno(), POLLIN, 0}}};
  if (!input_.may_read() || !calls_.wants_lines()) fds[1].fd = -1;
  wait_any(fds, deadline);
  if (fds[0].revents != 0) wakeup_.drain();
  if (fds[1].revents == 0) return;
  try {
    input_.fill();
  } catch (const std::exception& error) {
    input_.note(error.what());
  }
}

}  // namespace socketserver::apps
