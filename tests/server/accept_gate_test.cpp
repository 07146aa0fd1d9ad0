// When a server that has run out of something tries again.
#include "socketserver/server/accept_gate.hpp"

#include <gtest/gtest.h>

namespace socketserver {
namespace {

using namespace std::chrono_literals;

TEST(AcceptGate, is_open_at_first) {
  const AcceptGate gate;
  EXPECT_TRUE(gate.open());
  EXPECT_TRUE(gate.opens().expired());
}

TEST(AcceptGate, closes_for_5_ms_at_the_first_failure) {
  AcceptGate gate;
  const auto before = Clock::now();
  gate.failed();
  EXPECT_GE(gate.opens().time(), before + 5ms);
  EXPECT_LE(gate.opens().time(), Clock::now() + 5ms);
  while (!gate.open()) {
  }
  EXPECT_GE(Clock::now(), before + 5ms);
}

TEST(AcceptGate, doubles_its_pause_up_to_a_second) {
  AcceptGate gate;
  for (const auto pause : {5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms, 1000ms}) {
    const auto before = Clock::now();
    gate.failed();
    EXPECT_GE(gate.opens().time(), before + pause);
    EXPECT_LE(gate.opens().time(), Clock::now() + pause);
  }
}

TEST(AcceptGate, begins_anew_after_a_success) {
  AcceptGate gate;
  for (int i = 0; i < 8; ++i) gate.failed();
  gate.succeeded();
  gate.failed();
  EXPECT_LE(gate.opens().time(), Clock::now() + 5ms);
}

// Once it was every first failure after a success: a hundred lines in a shortage where clients come and go.
TEST(AcceptGate, tells_the_first_failure_of_a_shortage_to_be_logged) {
  AcceptGate gate;
  EXPECT_TRUE(gate.failed());
  EXPECT_FALSE(gate.failed());
  EXPECT_FALSE(gate.failed());
  gate.succeeded();
  EXPECT_FALSE(gate.failed());
}

}  // namespace
}  // namespace socketserver
