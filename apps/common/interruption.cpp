#include "common/interruption.hpp"

#include <signal.h>

#include <atomic>

namespace socketserver::apps {
namespace {

std::atomic<Wakeup*> to_notify{nullptr};
std::atomic<bool> noted{false};

void set_action(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

void on_signal(int) {
  set_action(SIG_DFL);
  noted = true;
  if (Wakeup* const wakeup = to_notify.load()) wakeup->notify();
}

}  // namespace

Interruption::Interruption() {
  noted = false;
  to_notify = &wakeup_;
  set_action(&on_signal);
}

Interruption::~Interruption() {
  set_action(SIG_DFL);
  to_notify = nullptr;
}

bool Interruption::requested() const { return noted; }

}  // namespace socketserver::apps
