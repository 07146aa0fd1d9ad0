// Handlers of a loop that wait in the kernel, and the thread that ends them, alone.
#include "socketserver/concurrency/drain_guard.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "server/made_up_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

class DrainGuardTest : public ::testing::Test {
 protected:
  /// A guard that has noticed the stop already.
  std::unique_ptr<DrainGuard> stopped_guard(std::chrono::nanoseconds drain_timeout) {
    stop_.notify();
    auto guard = make(drain_timeout);
    EXPECT_TRUE(eventually([this] { return noticed_ == 1; }));
    return guard;
  }
  std::unique_ptr<DrainGuard> make(std::chrono::nanoseconds drain_timeout) {
    return std::make_unique<DrainGuard>(stop_.fileno(), drain_timeout, [this] { ++noticed_; });
  }
  /// Serves a client whose handler reads until the end.
  Socket serve(DrainGuard& guard, std::string_view said = {}) {
    Pair pair = unix_pair();
    pair.ours.settimeout(kWatchdog);
    if (!said.empty()) {
      pair.ours.sendall(said);
      pair.ours.shutdown(SHUT_WR);
    }
    Request request(std::move(pair.theirs), Address("client"));
    guard.complete(server_, request);
    return std::move(pair.ours);
  }

  Wakeup stop_;
  std::atomic<int> noticed_{0};
  MadeUpServer server_{[](Request& request, const Address&, BaseServer&) {
    EXPECT_EQ(current_waiter, nullptr);
    std::string all;
    for (std::string data; !(data = request.recv(100)).empty();) all += data;
    request.sendall(all);
  }};
};

TEST_F(DrainGuardTest, lets_handlers_wait_in_the_kernel) {
  const auto guard = make(kWatchdog);
  EXPECT_EQ(serve(*guard, "hello").recv(100), "hello");
  EXPECT_EQ(noticed_, 0);
  EXPECT_EQ(guard->end(), 0u);
}

TEST_F(DrainGuardTest, lets_them_finish_before_the_deadline) {
  const auto guard = stopped_guard(kWatchdog);
  EXPECT_EQ(serve(*guard, "last words").recv(100), "last words");
  EXPECT_EQ(guard->end(), 0u);
}

TEST_F(DrainGuardTest, interrupts_them_at_the_deadline_and_counts_them) {
  const auto guard = stopped_guard(20ms);
  serve(*guard);  // returns, although the client says nothing
  EXPECT_EQ(guard->end(), 1u);
}

TEST_F(DrainGuardTest, interrupts_one_that_begins_after_the_deadline) {
  const auto guard = stopped_guard(0ms);
  serve(*guard);
  serve(*guard);
  EXPECT_EQ(guard->end(), 2u);
}

}  // namespace
}  // namespace socketserver::testing
