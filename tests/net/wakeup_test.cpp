// Waking a thread that waits.
#include "socketserver/net/wakeup.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/wakeup_promises.hpp"
#include "socketserver/net/wait.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Linux, WakeupPromises, Wakeup);

Wakeup* woken_by_signal = nullptr;

TEST(Wakeup, comes_from_a_signal_handler_that_interrupts_the_wait) {
  Wakeup wakeup;
  woken_by_signal = &wakeup;
  struct sigaction action {};
  action.sa_handler = [](int) { woken_by_signal->notify(); };
  ::sigaction(SIGUSR2, &action, nullptr);
  std::thread sender([target = ::pthread_self()] { ::pthread_kill(target, SIGUSR2); });
  EXPECT_TRUE(wait_readable(wakeup.fileno(), Deadline::after(kWatchdog)));
  sender.join();
  ::signal(SIGUSR2, SIG_DFL);
}

TEST(Wakeup, comes_from_a_child_process) {
  Wakeup wakeup;
  const pid_t child = ::fork();
  if (child == 0) {
    wakeup.notify();
    ::_exit(0);
  }
  EXPECT_TRUE(wait_readable(wakeup.fileno(), Deadline::after(kWatchdog)));
  ::waitpid(child, nullptr, 0);
}

TEST(Wakeup, does_not_survive_exec) {
  const Wakeup wakeup;
  EXPECT_NE(::fcntl(wakeup.fileno(), F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace socketserver::testing
