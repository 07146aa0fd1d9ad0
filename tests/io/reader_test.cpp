// Reading by lines and by counted bytes, over a socket and over memory.
#include "socketserver/io/reader.hpp"

#include <gtest/gtest.h>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// A Reader whose stream holds `bytes` and then ends.
class Stream {
 public:
  explicit Stream(const std::string& bytes, std::size_t buffer_size = Reader::kDefaultBufferSize)
      : reader(pair_.ours, buffer_size), sender_([this, bytes] {
          try {
            pair_.theirs.sendall(bytes);
          } catch (const ConnectionError&) {  // the test has seen enough
          }
          pair_.theirs.close();
        }) {}
  ~Stream() {
    pair_.ours.interrupt();
    sender_.join();
  }
  Socket& socket() { return pair_.ours; }

 private:
  Pair pair_ = unix_pair();

 public:
  Reader reader;

 private:
  std::thread sender_;
};

// ---- promises whatever the size of the buffer ----

class ReaderOf : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Buffer, ReaderOf, ::testing::Values(0, 1, 2, 7, 8, 9, 8192),
                         ::testing::PrintToStringParamName());

TEST_P(ReaderOf, reads_lines) {
  Stream stream("one\n\nthree is longer than eight\nlast", GetParam());
  EXPECT_EQ(stream.reader.readline(), "one\n");
  EXPECT_EQ(stream.reader.readline(), "\n");
  EXPECT_EQ(stream.reader.readline(), "three is longer than eight\n");
  EXPECT_EQ(stream.reader.readline(), "last");
  EXPECT_EQ(stream.reader.readline(), std::nullopt);
  EXPECT_EQ(stream.reader.readline(), std::nullopt);
}

TEST_P(ReaderOf, reads_until_a_delimiter) {
  Stream stream("one--end--two--e--end--three", GetParam());
  EXPECT_EQ(stream.reader.readuntil("--end--", 100), "one--end--");
  EXPECT_EQ(stream.reader.readuntil("--end--", 5), "two--");
  EXPECT_EQ(stream.reader.readuntil("--end--", 100), "e--end--");
  EXPECT_EQ(stream.reader.readuntil("--end--", 100), "three");
  EXPECT_EQ(stream.reader.readuntil("--end--", 100), std::nullopt);
}

TEST_P(ReaderOf, reads_lines_around_the_boundary_of_the_buffer) {
  for (std::size_t length = 1; length < 20; ++length) {
    const std::string line = std::string(length - 1, 'x') + "\n";
    Stream stream(line + line + line, GetParam());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(stream.reader.readline(), line);
    EXPECT_EQ(stream.reader.readline(), std::nullopt);
  }
}

TEST_P(ReaderOf, cuts_lines_at_a_limit) {
  Stream stream("12345678\nab\n", GetParam());
  EXPECT_EQ(stream.reader.readline(5), "12345");
  EXPECT_EQ(stream.reader.readline(3), "678");
  EXPECT_EQ(stream.reader.readline(0), "");
  EXPECT_EQ(stream.reader.readline(3), "\n");
  EXPECT_EQ(stream.reader.readline(3), "ab\n");
  EXPECT_EQ(stream.reader.readline(3), std::nullopt);
}

TEST_P(ReaderOf, reads_counted_bytes_and_all) {
  Stream stream("0123456789abcdefghij", GetParam());
  EXPECT_EQ(stream.reader.read(3), "012");
  EXPECT_EQ(stream.reader.read(0), "");
  EXPECT_EQ(stream.reader.read(9), "3456789ab");
  EXPECT_EQ(stream.reader.read(), "cdefghij");
  EXPECT_EQ(stream.reader.read(), "");
  EXPECT_EQ(stream.reader.read(5), "");
}

TEST_P(ReaderOf, reads_less_only_at_the_end) {
  Stream stream("abc", GetParam());
  EXPECT_EQ(stream.reader.read(10), "abc");
  char buffer[4];
  Stream other("abc", GetParam());
  EXPECT_EQ(other.reader.readinto(buffer), 3u);
  EXPECT_EQ(std::string(buffer, 3), "abc");
  EXPECT_EQ(other.reader.readinto(buffer), 0u);
}

TEST_P(ReaderOf, reads_exactly_or_says_what_is_missing) {
  Stream stream("0123456789", GetParam());
  EXPECT_EQ(stream.reader.read_exactly(4), "0123");
  EXPECT_EQ(stream.reader.read_exactly(0), "");
  EXPECT_EQ(message_of<EOFError>([&] { stream.reader.read_exactly(10); }),
            "the stream ended 4 bytes before the 10 that were announced");
}

TEST_P(ReaderOf, mixes_lines_and_bytes) {
  Stream stream("header\n0123456789next\n", GetParam());
  EXPECT_EQ(stream.reader.readline(), "header\n");
  EXPECT_EQ(stream.reader.read_exactly(10), "0123456789");
  EXPECT_EQ(stream.reader.readline(), "next\n");
}

// Without a buffer it gave nothing once, as at the end of the stream.
TEST_P(ReaderOf, read1_gives_what_is_there) {
  Pair pair = unix_pair();
  Reader reader(pair.ours, GetParam());
  pair.theirs.sendall("x");
  EXPECT_EQ(reader.read1(100), "x");
  pair.theirs.sendall("abc");
  EXPECT_EQ(reader.read1(1), "a");
  std::string rest;
  while (rest.size() < 2) rest += reader.read1(Reader::kAll);
  EXPECT_EQ(rest, "bc");
  pair.theirs.close();
  EXPECT_EQ(reader.read1(100), "");
}

// It waited for bytes nobody wanted once.
TEST_P(ReaderOf, reading_nothing_does_not_wait) {
  Pair pair = unix_pair();
  pair.ours.setblocking(false);
  Reader reader(pair.ours, GetParam());
  EXPECT_EQ(reader.read1(0), "");
  EXPECT_EQ(reader.readinto1({}), 0u);
  EXPECT_EQ(reader.readinto({}), 0u);
}

// The beginning of the line was lost once.
TEST_P(ReaderOf, keeps_what_came_before_a_timeout) {
  Pair pair = unix_pair();
  pair.ours.settimeout(5ms);
  Reader reader(pair.ours, GetParam());
  pair.theirs.sendall("0123456789 the beginning");
  EXPECT_THROW(reader.readline(), TimeoutError);
  EXPECT_THROW(reader.readline(), TimeoutError);
  pair.theirs.sendall(" and the end\nabc");
  EXPECT_EQ(reader.readline(), "0123456789 the beginning and the end\n");
  EXPECT_THROW(reader.read(5), TimeoutError);
  EXPECT_THROW(reader.read_exactly(100'000), TimeoutError);
  pair.theirs.sendall("de");
  EXPECT_EQ(reader.read(5), "abcde");
}

TEST_P(ReaderOf, peek_shows_and_does_not_take) {
  Stream stream("abc\n", GetParam());
  EXPECT_TRUE(stream.reader.peek().starts_with("a"));
  EXPECT_TRUE(stream.reader.peek().starts_with("a"));
  EXPECT_EQ(stream.reader.readline(), "abc\n");
  EXPECT_EQ(stream.reader.peek(), "");
}

// ---- each on its own ----

TEST(Reader, without_a_buffer_reads_nothing_ahead) {
  Stream stream("line\nrest of the stream", 0);
  EXPECT_EQ(stream.reader.readline(), "line\n");
  EXPECT_EQ(stream.socket().recv(4, MSG_WAITALL), "rest");
  EXPECT_EQ(stream.reader.read(4), " of ");
  EXPECT_EQ(stream.socket().recv(3, MSG_WAITALL), "the");
}

TEST(Reader, readinto1_takes_one_recv_and_what_is_buffered_first) {
  Pair pair = unix_pair();
  Reader reader(pair.ours, 8);
  char buffer[100];
  pair.theirs.sendall("0123456789");
  EXPECT_EQ(reader.peek(), "01234567");
  EXPECT_EQ(reader.readinto1(buffer), 8u);
  EXPECT_EQ(reader.readinto1(buffer), 2u);
  EXPECT_EQ(std::string(buffer, 2), "89");
}

TEST(Reader, over_memory_gives_it_and_ends) {
  Reader reader("one\ntwo");
  EXPECT_EQ(reader.peek(), "one\ntwo");
  EXPECT_EQ(reader.readline(), "one\n");
  EXPECT_EQ(reader.read1(2), "tw");
  EXPECT_EQ(reader.read(), "o");
  EXPECT_EQ(reader.readline(), std::nullopt);
  EXPECT_EQ(Reader("").readline(), std::nullopt);
  EXPECT_EQ(Reader(std::string(20'000, 'x')).read1(Reader::kAll).size(), 20'000u);
}

TEST(Reader, takes_a_line_of_the_limit_and_refuses_a_longer_one) {
  std::string line(Reader::kLineLimit - 1, 'x');
  Stream at(line + "\nnext\n");
  EXPECT_EQ(at.reader.readline()->size(), Reader::kLineLimit);
  EXPECT_EQ(at.reader.readline(), "next\n");
  Stream over(line + "xx\n");
  EXPECT_EQ(message_of<std::length_error>([&] { over.reader.readline(); }),
            "a line is longer than 1048576 bytes");
}

TEST(Reader, throws_what_the_socket_throws) {
  Pair pair = tcp_pair();
  Reader reader(pair.ours);
  const linger hard{1, 0};
  pair.theirs.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&hard), sizeof hard});
  pair.theirs.close();
  EXPECT_THROW(reader.readline(), ConnectionResetError);
}

// An announced size costs nothing: here more than there is memory for.
TEST(Reader, reads_what_is_there_but_waits_for_no_more_past_its_deadline) {
  Pair pair = unix_pair();
  Reader reader(pair.ours);
  pair.theirs.sendall("hello");
  reader.peek();
  EXPECT_EQ(reader.read_exactly(3, Deadline::now()), "hel");
  pair.theirs.sendall(" you");
  EXPECT_THROW(reader.read(100, Deadline::now()), TimeoutError);
  EXPECT_THROW(reader.readuntil("!", 100, Deadline::now()), TimeoutError);
  EXPECT_EQ(reader.read_exactly(6, Deadline::after(kWatchdog)), "lo you");
}

TEST(Reader, takes_memory_only_for_what_arrives) {
  Stream stream("three");
  EXPECT_THROW(stream.reader.read_exactly(std::size_t{1} << 46), EOFError);
  Reader memory("three");
  EXPECT_EQ(memory.read(std::size_t{1} << 60), "three");
}

TEST(Reader, reads_much_whole) {
  std::string much;
  for (int i = 0; much.size() < (3 << 20); ++i) much += std::to_string(i) + "\n";
  Stream all(much), counted(much);
  EXPECT_TRUE(all.reader.read() == much);
  EXPECT_TRUE(counted.reader.read_exactly(much.size()) == much);
}

}  // namespace
}  // namespace socketserver::testing
