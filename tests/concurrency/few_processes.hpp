// A world in which there are no more threads and processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace socketserver::testing {

/// For EXPECT_EXIT: as a user who may have no further thread or process, status 0 if `body` returns true and
/// nothing in it failed. The limit does not bind root, so root becomes somebody else.
template <class Body>
[[noreturn]] void in_user_without_processes(Body body) {
  constexpr uid_t kNobodyElse = 61'234;  // between the ranges that Debian gives out
  if (::getuid() == 0 && ::setuid(kNobodyElse) != 0) ::_exit(2);
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(3);
  const bool fine = body() && !::testing::Test::HasFailure();
  std::fflush(nullptr);
  ::_exit(fine ? 0 : 1);
}

}  // namespace socketserver::testing
