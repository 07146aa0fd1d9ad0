#include "socketserver/concurrency/overflow_guard.hpp"

#include <unistd.h>

#include <cstddef>
#include <mutex>
#include <string_view>
#include <utility>

namespace socketserver {
namespace {

// Of a handler that does next to nothing, beside the registers that the kernel saves, AVX-512 and AMX among
// them.
constexpr std::size_t kSignalStack = 64 * 1024;

constinit thread_local const StackPool* guarded = nullptr;
struct sigaction before = {};

// Returning repeats the fault, which then meets the action that is set here.
void on_fault(int signal, siginfo_t* info, void*) {
  constexpr std::string_view kMessage =
      "socketserver: a handler needs more stack than its fiber has (fiber_stack_size)\n";
  if (guarded != nullptr && guarded->in_guard(info->si_addr)) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::signal(signal, SIG_DFL);
  } else {
    ::sigaction(signal, &before, nullptr);
    if (info->si_code <= 0) ::raise(signal);  // somebody sent it: nothing would repeat it
  }
}

}  // namespace

OverflowGuard::OverflowGuard(const StackPool& pool) : outer_(std::exchange(guarded, &pool)) {
  stack_t ours{};
  ::sigaltstack(nullptr, &before_);
  if ((before_.ss_flags & SS_DISABLE) != 0) {
    signal_stack_.reset(new char[kSignalStack]);
    ours.ss_sp = signal_stack_.get();
    ours.ss_size = kSignalStack;
    ::sigaltstack(&ours, nullptr);
  }
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(SIGSEGV, &action, &before);
  });
}

OverflowGuard::~OverflowGuard() {
  if (signal_stack_) ::sigaltstack(&before_, nullptr);
  guarded = outer_;
}

}  // namespace socketserver
