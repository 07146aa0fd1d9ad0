// What Linux does better than POSIX; the portable half is tested in platform_portable_test.cpp.
#include "socketserver/net/platform.hpp"

#include <gtest/gtest.h>

#include "net/open_promises.hpp"

namespace socketserver::testing {
namespace {

TEST(Platform, opens_nothing_outside) { expect_nothing_outside(platform::open_beneath); }

}  // namespace
}  // namespace socketserver::testing
