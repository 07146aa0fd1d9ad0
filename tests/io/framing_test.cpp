// Messages with their length in front, and what peers send instead.
#include "socketserver/io/framing.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

TEST(Framing, packs_as_struct_pack_i) {
  EXPECT_EQ(pack_i32(0), "\0\0\0\0"s);
  EXPECT_EQ(pack_i32(1), "\1\0\0\0"s);
  EXPECT_EQ(pack_i32(0x01020304), "\4\3\2\1"s);
  EXPECT_EQ(pack_i32(-1), "\xFF\xFF\xFF\xFF"s);
  EXPECT_EQ(pack_i32(std::numeric_limits<std::int32_t>::min()), "\0\0\0\x80"s);
}

TEST(Framing, unpacks_what_it_packs) {
  for (const std::int32_t value : {0, 1, -1, 255, 256, 65535, std::numeric_limits<std::int32_t>::max(),
                                   std::numeric_limits<std::int32_t>::min()})
    EXPECT_EQ(unpack_i32(pack_i32(value)), value);
}

TEST(Framing, reads_frames_one_after_the_other) {
  Reader reader(frame("hello") + frame("") + frame("egg\0"s));
  EXPECT_EQ(read_frame(reader, 100), "hello");
  EXPECT_EQ(read_frame(reader, 100), "");
  EXPECT_EQ(read_frame(reader, 100), "egg\0"s);
  EXPECT_THROW(read_frame(reader, 100), EOFError);
}

TEST(Framing, reads_frames_that_arrive_byte_by_byte_and_stuck_together) {
  Pair pair = unix_pair();
  const std::string stream = frame("hello") + frame("egg");
  std::thread peer([&] {
    for (const char c : stream) pair.theirs.sendall({&c, 1});
    pair.theirs.sendall(frame("one") + frame("two"));
  });
  Reader reader(pair.ours);
  for (const char* message : {"hello", "egg", "one", "two"}) EXPECT_EQ(read_frame(reader, 100), message);
  peer.join();
}

TEST(Framing, refuses_a_negative_length) {
  Reader reader(pack_i32(-5) + "abc");
  EXPECT_EQ(message_of<FramingError>([&] { read_length(reader, 100); }), "the length -5 is negative");
  Reader least(pack_i32(std::numeric_limits<std::int32_t>::min()));
  EXPECT_THROW(read_length(least, 100), FramingError);
}

TEST(Framing, refuses_a_length_over_the_limit_and_takes_the_limit_itself) {
  Reader at(frame("12345"));
  EXPECT_EQ(read_frame(at, 5), "12345");
  Reader over(frame("123456"));
  EXPECT_EQ(message_of<FramingError>([&] { read_frame(over, 5); }),
            "the length 6 is over the limit of 5 bytes");
  Reader none(frame("1"));
  EXPECT_THROW(read_length(none, 0), FramingError);
}

TEST(Framing, says_how_much_of_a_cut_off_frame_is_missing) {
  Reader within_length("\1\0"s);
  EXPECT_EQ(message_of<EOFError>([&] { read_length(within_length, 100); }),
            "the stream ended 2 bytes before the 4 that were announced");
  Reader within_message(pack_i32(10) + "abc");
  EXPECT_EQ(message_of<EOFError>([&] { read_frame(within_message, 100); }),
            "the stream ended 7 bytes before the 10 that were announced");
}

TEST(Framing, believes_no_huge_length_before_the_bytes_come) {
  Reader liar(pack_i32(std::numeric_limits<std::int32_t>::max()) + "abc");
  EXPECT_THROW(read_frame(liar, std::numeric_limits<std::size_t>::max()), EOFError);
}

TEST(Framing, refuses_to_frame_2_GiB) {
  const char byte = 0;
  // Never touched: the size alone is judged.
  EXPECT_THROW(frame({&byte, std::size_t{1} << 31}), std::length_error);
}

}  // namespace
}  // namespace socketserver::testing
