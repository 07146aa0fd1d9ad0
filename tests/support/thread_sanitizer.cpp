// ThreadSanitizer ends a child that was forked beside other threads and starts threads itself, as workers of
// a preforking server do: it cannot follow locks that another thread held. None of those is needed there.
#include "socketserver/concurrency/sanitizers.hpp"

#if defined(SOCKETSERVER_TSAN)

// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer calls it
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

namespace {
[[maybe_unused]] const bool ready_for_signals = (socketserver::sanitizers::expect_signals(), true);
}  // namespace

#endif
