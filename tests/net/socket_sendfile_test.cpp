// Files over sockets, in both ways of waiting: the kernel's own, and through a Waiter.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

class CountingWaiter : public Waiter {
 public:
  int wait(std::span<pollfd> fds, Deadline deadline) override {
    ++waits;
    return wait_in_poll(fds, deadline);
  }
  int waits = 0;
};

/// Parameters: is there a Waiter, and who makes the pair.
class SocketSendfile : public ::testing::TestWithParam<std::tuple<bool, int>> {
 protected:
  SocketSendfile() : pair_(kStreamPairs[std::get<1>(GetParam())]()) {
    ours_.settimeout(kWatchdog);
    theirs_.settimeout(kWatchdog);
  }
  Fd file_with(const std::string& content) {
    std::ofstream(directory_ / "file", std::ios::binary) << content;
    return Fd(::open((directory_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
  }
  std::uint64_t sendfile(int file, std::uint64_t offset = 0, std::uint64_t count = kAll) {
    const WaiterScope scope(std::get<0>(GetParam()) ? &waiter_ : nullptr);
    return ours_.sendfile(file, offset, count);
  }
  std::string all_received() {
    std::string all;
    for (std::string some; !(some = theirs_.recv(65536)).empty();) all += some;
    return all;
  }

  static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  TemporaryDirectory directory_;
  CountingWaiter waiter_;
  Pair pair_;
  Socket &ours_ = pair_.ours, &theirs_ = pair_.theirs;
};

INSTANTIATE_TEST_SUITE_P(In, SocketSendfile, ::testing::Combine(::testing::Bool(), ::testing::Values(0, 1)),
                         [](const auto& one) {
                           return std::string(std::get<0>(one.param) ? "Waiter" : "Kernel") +
                                  (std::get<1>(one.param) == 0 ? "Unix" : "TCP");
                         });

TEST_P(SocketSendfile, sends_what_was_asked_for) {
  const Fd file = file_with("0123456789");
  EXPECT_EQ(sendfile(file.get()), 10U);
  EXPECT_EQ(sendfile(file.get(), 3, 4), 4U);
  EXPECT_EQ(sendfile(file.get(), 8, 5), 2U);  // the file ends before
  EXPECT_EQ(sendfile(file.get(), 10), 0U);
  EXPECT_EQ(sendfile(file.get(), 0, 0), 0U);
  EXPECT_EQ(ours_.sent(), 16U);
  ours_.close();
  EXPECT_EQ(all_received(), "0123456789345689");
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 0);
}

TEST_P(SocketSendfile, waits_for_room) {
  std::string content(std::size_t{20} << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 251);
  const Fd file = file_with(content);
  std::string got;
  std::thread reader([&] { got = all_received(); });
  EXPECT_EQ(sendfile(file.get()), content.size());
  ours_.close();
  reader.join();
  EXPECT_TRUE(got == content);
  if (std::get<0>(GetParam())) {
    EXPECT_GT(waiter_.waits, 0);
  }
}

TEST_P(SocketSendfile, ends_when_the_peer_takes_nothing) {
  ours_.settimeout(20ms);
  fill(ours_);
  const Fd file = file_with("x");
  EXPECT_TRUE(message_of<TimeoutError>([&] { sendfile(file.get()); }).starts_with("send"));
  EXPECT_EQ(::fcntl(ours_.fileno(), F_GETFL) & O_NONBLOCK, 0);
}

// SIGPIPE would end the test.
TEST_P(SocketSendfile, tells_that_the_peer_is_gone) {
  theirs_.close();
  const Fd file = file_with(std::string(100'000, 'x'));
  EXPECT_THROW(
      {
        for (;;) sendfile(file.get());
      },
      ConnectionError);
  EXPECT_THROW(sendfile(file.get()), BrokenPipeError);
}

TEST_P(SocketSendfile, does_not_wait_where_the_socket_must_not) {
  ours_.setblocking(false);
  fill(ours_);
  const Fd file = file_with("x");
  EXPECT_THROW(sendfile(file.get()), BlockingIOError);
}

TEST_P(SocketSendfile, sends_what_the_kernel_cannot_send_itself) {
  const Fd file(::open("/proc/self/comm", O_RDONLY | O_CLOEXEC));
  if (!file) GTEST_SKIP() << "no /proc here";
  std::string expected;
  std::getline(std::ifstream("/proc/self/comm"), expected);
  EXPECT_EQ(sendfile(file.get()), expected.size() + 1);
  ours_.close();
  EXPECT_EQ(all_received(), expected + "\n");
}

TEST_P(SocketSendfile, says_what_is_wrong_with_the_file) {
  EXPECT_THROW(sendfile(-1), OSError);
  const Fd directory(::open(directory_.path().c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_THROW(sendfile(directory.get()), OSError);
}

// What encrypts must see every byte.
TEST_P(SocketSendfile, goes_through_the_send_of_a_derived_class) {
  class Rot : public Socket {
   public:
    using Socket::Socket;
    explicit Rot(Socket&& plain) : Socket(std::move(plain)) {}
    std::size_t send(std::string_view data, int flags) override {
      return Socket::send(std::string(1, static_cast<char>(data[0] + 1)), flags);
    }
  };
  const Fd file = file_with("HAL");
  Rot rot(std::move(ours_));
  EXPECT_EQ(rot.sendfile(file.get()), 3U);
  rot.close();
  EXPECT_EQ(all_received(), "IBM");
}

}  // namespace
}  // namespace socketserver::testing
