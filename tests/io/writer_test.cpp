// Writing with and without a buffer, and into memory.
#include "socketserver/io/writer.hpp"

#include <gtest/gtest.h>

#include "net/sockets.hpp"
#include "socketserver/io/socket_file.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

bool something_came(Socket& socket) { return wait_readable(socket.fileno(), Deadline::now()); }

TEST(Writer, without_a_buffer_sends_at_once) {
  Pair pair = unix_pair();
  Writer writer(pair.ours);
  EXPECT_EQ(writer.write("abc"), 3u);
  EXPECT_EQ(pair.theirs.recv(10), "abc");
  EXPECT_EQ(writer.fileno(), pair.ours.fileno());
  writer.flush();
  EXPECT_FALSE(something_came(pair.theirs));
}

TEST(Writer, with_a_buffer_sends_when_it_is_full_or_flushed) {
  Pair pair = unix_pair();
  Writer writer(pair.ours, 8);
  EXPECT_EQ(writer.write("1234567"), 7u);
  EXPECT_FALSE(something_came(pair.theirs));
  EXPECT_EQ(writer.getvalue(), "1234567");
  writer.write("8");
  EXPECT_EQ(pair.theirs.recv(10, MSG_WAITALL | MSG_PEEK).substr(0, 7), "1234567");
  writer.flush();
  EXPECT_EQ(pair.theirs.recv(10), "12345678");
  EXPECT_EQ(writer.getvalue(), "");
}

TEST(Writer, keeps_the_order_of_small_and_large_writes) {
  Pair pair = unix_pair();
  std::thread reader_ends([&] {
    Writer writer(pair.ours, 100);
    writer.write("small,");
    writer.write(std::string(500'000, 'L'));
    writer.write(",last");
    writer.flush();
    pair.ours.shutdown(SHUT_WR);
  });
  EXPECT_TRUE(read_all(pair.theirs) == "small," + std::string(500'000, 'L') + ",last");
  reader_ends.join();
}

TEST(Writer, writes_a_huge_write_whole_in_spite_of_signals) {
  Pair pair = unix_pair();
  std::string got;
  std::thread reader([&] { got = read_all(pair.theirs); });
  const std::string huge(16 << 20, 'h');
  {
    const SignalStorm storm;
    EXPECT_EQ(Writer(pair.ours).write(huge), huge.size());
  }
  pair.ours.shutdown(SHUT_WR);
  reader.join();
  EXPECT_TRUE(got == huge);
}

TEST(Writer, into_memory_collects) {
  Writer writer;
  writer.write("a");
  writer.write("");
  writer.write("bc");
  writer.flush();
  EXPECT_EQ(writer.getvalue(), "abc");
  EXPECT_EQ(writer.fileno(), -1);
}

// What the peer had already taken was sent again by the next flush once: that of the handler's finish(),
// which also waited for the deadline a second time.
TEST(Writer, sends_nothing_twice_after_a_flush_that_failed) {
  Pair pair = unix_pair();
  pair.ours.settimeout(20ms);
  Writer writer(pair.ours, 64 << 20);
  const std::string much(8 << 20, 'm');
  writer.write(much);
  EXPECT_THROW(writer.flush(), TimeoutError);
  std::string got;
  std::thread reader([&] { got = read_all(pair.theirs); });
  writer.flush();
  pair.ours.shutdown(SHUT_WR);
  reader.join();
  EXPECT_LT(got.size(), much.size());
}

TEST(SocketFile, reads_and_writes_over_one_socket) {
  Pair pair = unix_pair();
  SocketFile ours = pair.ours.makefile(100);
  ours.write("question\n");
  EXPECT_FALSE(something_came(pair.theirs));
  ours.flush();
  EXPECT_EQ(pair.theirs.recv(100), "question\n");
  pair.theirs.sendall("answer\nmore");
  EXPECT_EQ(ours.readline(), "answer\n");
  EXPECT_EQ(ours.peek(), "more");
}

}  // namespace
}  // namespace socketserver::testing
