// ThreadSanitizer ends a child that was forked beside other threads and starts threads itself, as workers of
// a preforking server do: it cannot follow locks that another thread held. None of those is needed there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SOCKETSERVER_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(SOCKETSERVER_THREAD_SANITIZER)

// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer calls it
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

#endif
