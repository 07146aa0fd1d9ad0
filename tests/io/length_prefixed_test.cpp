// Messages with their length in front, as a class; tests/io/framing_test.cpp has what it is made of.
#include "socketserver/io/length_prefixed.hpp"

#include <gtest/gtest.h>

#include "io/pieces.hpp"
#include "socketserver/io/socket_file.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

std::vector<std::string> received(const std::string& stream, std::size_t piece) {
  PieceSocket socket(stream, piece);
  Reader reader(socket);
  Writer writer;
  LengthPrefixed messages(reader, writer, 10);
  std::vector<std::string> all;
  while (auto message = messages.receive()) all.push_back(*message);
  return all;
}

TEST(LengthPrefixed, gives_back_what_was_sent_however_it_arrives) {
  Reader nothing{std::string()};
  Writer writer;
  LengthPrefixed sender(nothing, writer);
  const std::vector<std::string> sent{"hello", "egg", "", "any\n\0byte"s};
  for (const std::string& message : sent) sender.send(message);
  for (std::size_t piece = 1; piece < 20; ++piece)
    EXPECT_EQ(received(writer.getvalue(), piece), sent) << piece;
}

TEST(LengthPrefixed, writes_what_struct_pack_does) {
  Reader nothing{std::string()};
  Writer writer;
  LengthPrefixed(nothing, writer).send("hello");
  EXPECT_EQ(writer.getvalue(), "\5\0\0\0hello"s);
}

TEST(LengthPrefixed, keeps_to_its_limit_both_ways) {
  EXPECT_EQ(received(frame("0123456789"), 3).size(), 1u);
  EXPECT_EQ(message_of<FramingError>([] { received(frame("0123456789a"), 3); }),
            "the length 11 is over the limit of 10 bytes");
  Reader nothing{std::string()};
  Writer writer;
  EXPECT_THROW(LengthPrefixed(nothing, writer, 3).send("four"), std::length_error);
  EXPECT_EQ(writer.getvalue(), "");
}

TEST(LengthPrefixed, tells_an_end_between_messages_from_one_within) {
  EXPECT_TRUE(received("", 1).empty());
  EXPECT_THROW(received("\1\0"s, 1), EOFError);
  EXPECT_EQ(message_of<EOFError>([] { received(frame("a") + pack_i32(5) + "egg", 1); }),
            "the stream ended 2 bytes before the 5 that were announced");
}

TEST(LengthPrefixed, goes_on_after_a_timeout) {
  PieceSocket socket(frame("hello") + frame("egg"), 3);
  socket.time_out_every_other_time();
  Reader reader(socket);
  Writer writer;
  LengthPrefixed messages(reader, writer);
  const auto receive = [&] { return patiently([&] { return messages.receive(); }); };
  EXPECT_EQ(receive(), "hello");
  EXPECT_EQ(receive(), "egg");
  EXPECT_EQ(receive(), std::nullopt);
}

// Each of its pieces was in time, and so it could take for ever.
TEST(LengthPrefixed, waits_for_a_message_that_drips_no_longer_than_it_is_told) {
  PieceSocket at_once(frame("hello") + frame("egg"), 100), drips(frame("hello"), 1);
  Reader reader(at_once), dripping(drips);
  Writer writer;
  LengthPrefixed messages(reader, writer, 10, std::chrono::seconds(0));
  EXPECT_EQ(messages.receive(), "hello");
  EXPECT_EQ(messages.receive(), "egg");
  EXPECT_EQ(messages.receive(), std::nullopt);
  EXPECT_THROW(LengthPrefixed(dripping, writer, 10, std::chrono::seconds(0)).receive(), TimeoutError);
}

TEST(LengthPrefixed, waits_in_silence_no_longer_than_it_is_told) {
  Pair pair = unix_pair();
  pair.theirs.sendall("x");
  Reader reader(pair.ours);
  Writer writer;
  EXPECT_THROW(LengthPrefixed(reader, writer, 10, std::chrono::milliseconds(1)).receive(), TimeoutError);
}

TEST(LengthPrefixed, serves_a_conversation_over_a_socket) {
  Pair pair = unix_pair();
  std::thread peer([&] {
    SocketFile file = pair.theirs.makefile();
    LengthPrefixed messages(file, file);
    while (auto message = messages.receive()) messages.send(*message + "!"), file.flush();
    pair.theirs.shutdown(SHUT_WR);
  });
  Reader reader(pair.ours);
  Writer writer(pair.ours);
  LengthPrefixed messages(reader, writer);
  messages.send("hello"), messages.send("egg");
  EXPECT_EQ(messages.receive(), "hello!");
  EXPECT_EQ(messages.receive(), "egg!");
  pair.ours.shutdown(SHUT_WR);
  EXPECT_EQ(messages.receive(), std::nullopt);
  peer.join();
}

}  // namespace
}  // namespace socketserver::testing
