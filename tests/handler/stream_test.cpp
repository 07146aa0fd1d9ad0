// StreamRequestHandler: its files, and the settings that Python's has.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <future>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// A server with one handler class, and what that hands out about itself.
class StreamHandler : public ::testing::Test {
 protected:
  template <class H>
  Socket connect() {
    serving_.emplace(Address("127.0.0.1", 0), handler<H>(this));
    return serving_->start().connect();
  }
  std::promise<std::string> told_;  // by the handler
  std::promise<void> go_on_;        // to the handler
  std::optional<Serving<ThreadingTCPServer>> serving_;

 public:
  std::promise<const SignalStorm*> interrupted_;  // by the handler
  void tell(std::string what) { told_.set_value(std::move(what)); }
  void wait() { go_on_.get_future().wait(); }
};

struct Handler : StreamRequestHandler {
  explicit Handler(StreamHandler* t) : test(*t) {}
  StreamHandler& test;
};

struct Lines : Handler {
  using Handler::Handler;
  void handle() override {
    while (auto line = rfile().readline()) wfile().write(upper(*line));
  }
};

TEST_F(StreamHandler, AnswersLineByLine) {
  Socket client = connect<Lines>();
  client.sendall("one\ntwo\nlast");
  client.shutdown(SHUT_WR);
  EXPECT_EQ(read_all(client), "ONE\nTWO\nLAST");
}

// CPython: SocketWriterTest.test_basics.
struct Unbuffered : Handler {
  using Handler::Handler;
  void handle() override {
    test.tell(std::to_string(wfile().write("sent at once")));
    test.wait();
  }
};

TEST_F(StreamHandler, SendsAtOnceByDefault) {
  Socket client = connect<Unbuffered>();
  EXPECT_EQ(client.recv(100), "sent at once");
  EXPECT_EQ(told_.get_future().get(), "12") << "write() returns how much it took: all";
  go_on_.set_value();
}

/// Writes more than all buffers on the way take, among signals.
struct Interrupted : Handler {
  using Handler::Handler;
  static constexpr std::size_t kSize = std::size_t{32} << 20;
  void handle() override {
    const SignalStorm storm;
    test.interrupted_.set_value(&storm);
    test.tell(std::to_string(wfile().write(std::string(kSize, 'h'))));
    test.wait();
  }
};

// CPython: SocketWriterTest.test_write.
TEST_F(StreamHandler, WritesAHugeWriteWholeInSpiteOfSignals) {
  Socket client = connect<Interrupted>();
  client.setsockopt(SOL_SOCKET, SO_RCVBUF, 65536);  // does not grow any more
  const SignalStorm& storm = *interrupted_.get_future().get();
  const auto ten_more_signals = [&] {
    const int before = storm.signals();
    EXPECT_TRUE(eventually([&] { return storm.signals() > before + 10; }));
  };
  ten_more_signals();  // while nobody reads
  std::string got = client.recv(1 << 20);
  ten_more_signals();
  while (got.size() < Interrupted::kSize) got += client.recv(1 << 20);
  EXPECT_EQ(told_.get_future().get(), std::to_string(Interrupted::kSize));
  go_on_.set_value();
  EXPECT_EQ(read_all(client), "");
  EXPECT_TRUE(got == std::string(Interrupted::kSize, 'h'));
}

struct Buffered : Handler {
  explicit Buffered(StreamHandler* t) : Handler(t) { wbufsize = 100; }
  void handle() override {
    wfile().write("kept");
    test.wait();
    wfile().write(", and sent at the end");
  }
};

TEST_F(StreamHandler, CollectsWithAWriteBufferAndSendsAtTheEnd) {
  Socket client = connect<Buffered>();
  EXPECT_FALSE(wait_readable(client.fileno(), Deadline::after(20ms)));
  go_on_.set_value();
  EXPECT_EQ(read_all(client), "kept, and sent at the end");
}

struct ThrowsWithSomethingKept : Handler {
  explicit ThrowsWithSomethingKept(StreamHandler* t) : Handler(t) { wbufsize = -1; }
  void handle() override {
    wfile().write("kept");
    throw ConnectionAbortedError(ECONNABORTED, "thrown in a test");
  }
};

TEST_F(StreamHandler, SendsWhatItKeptAlthoughItThrew) {
  Socket client = connect<ThrowsWithSomethingKept>();
  EXPECT_EQ(read_all(client), "kept");
}

struct PeerIsGoneAtTheEnd : Handler {
  explicit PeerIsGoneAtTheEnd(StreamHandler* t) : Handler(t) { wbufsize = -1; }
  void handle() override {
    wfile().write("kept");
    connection().shutdown(SHUT_WR);  // as if the peer had gone: nothing can be sent any more
  }
};

TEST_F(StreamHandler, TakesItForNoErrorThatThePeerIsGoneAtTheEnd) {
  Socket client = connect<PeerIsGoneAtTheEnd>();
  EXPECT_EQ(read_all(client), "");
  serving_->stop();
  EXPECT_EQ(serving_->server().statistics().disconnected, 0u);
}

template <int kSize>
struct ReadsSize : Handler {
  explicit ReadsSize(StreamHandler* t) : Handler(t) { rbufsize = kSize; }
  void handle() override {
    const std::string line = *rfile().readline();
    test.tell(line + connection().recv(100));
  }
};

TEST_F(StreamHandler, ReadsNothingAheadWithoutAReadBuffer) {
  Socket client = connect<ReadsSize<0>>();
  client.sendall("line\nthe rest");
  EXPECT_EQ(told_.get_future().get(), "line\nthe rest");
}

TEST_F(StreamHandler, ReadsAheadByDefault) {
  Socket client = connect<ReadsSize<-1>>();
  client.sendall("line\nread ahead");
  client.shutdown(SHUT_WR);
  EXPECT_EQ(told_.get_future().get(), "line\n");
}

struct Impatient : Handler {
  explicit Impatient(StreamHandler* t) : Handler(t) { timeout = 20ms; }
  void handle() override {
    try {
      rfile().readline();
    } catch (const TimeoutError& error) {
      test.tell(error.what());
    }
  }
};

TEST_F(StreamHandler, WaitsNoLongerThanItsTimeout) {
  const Socket client = connect<Impatient>();
  EXPECT_EQ(told_.get_future().get(), "recv " + client.getsockname().to_string() + ": Connection timed out");
}

template <bool kDisable>
struct Nagle : Handler {
  explicit Nagle(StreamHandler* t) : Handler(t) { disable_nagle_algorithm = kDisable; }
  void handle() override { test.tell(connection().getsockopt(IPPROTO_TCP, TCP_NODELAY) != 0 ? "off" : "on"); }
};

TEST_F(StreamHandler, DisablesNaglesAlgorithm) {
  connect<Nagle<true>>();
  EXPECT_EQ(told_.get_future().get(), "off");
}
TEST_F(StreamHandler, LeavesNaglesAlgorithmOnByDefault) {
  connect<Nagle<false>>();
  EXPECT_EQ(told_.get_future().get(), "on");
}

struct NagleOverUnix : StreamRequestHandler {
  NagleOverUnix() { disable_nagle_algorithm = true; }
  void handle() override { wfile().write("served"); }
};

// In Python that request ends in an error.
TEST(StreamHandlerOverUnix, HasNoNaglesAlgorithmToDisable) {
  const TemporaryDirectory directory;
  Serving<UnixStreamServer> serving(Address(directory / "s"), handler<NagleOverUnix>());
  Socket client = serving.start().connect();
  EXPECT_EQ(read_all(client), "served");
}

}  // namespace
}  // namespace socketserver::testing
