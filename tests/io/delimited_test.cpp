// Messages that a delimiter ends: what comes in pieces, what comes stuck together, and what no message is.
#include "socketserver/io/delimited.hpp"

#include <gtest/gtest.h>

#include "io/pieces.hpp"

namespace socketserver::testing {
namespace {

/// What was sent, read back from memory in pieces of every size.
std::vector<std::string> received(const std::string& stream, const std::string& delimiter,
                                  std::size_t piece) {
  PieceSocket socket(stream, piece);
  Reader reader(socket);
  Writer writer;
  Delimited messages(reader, writer, delimiter, 10);
  std::vector<std::string> all;
  while (auto message = messages.receive()) all.push_back(*message);
  return all;
}

TEST(Delimited, gives_back_what_was_sent_however_it_arrives) {
  for (const std::string delimiter : {"\n", "\r\n", "--end--", "aab"}) {
    Reader nothing{std::string()};
    Writer writer;
    Delimited sender(nothing, writer, delimiter);
    const std::vector<std::string> sent{"hello", "egg", "", "\r", "a", "-end", "x"};
    for (const std::string& message : sent) sender.send(message);
    for (std::size_t piece = 1; piece < 20; ++piece)
      EXPECT_EQ(received(writer.getvalue(), delimiter, piece), sent) << delimiter << " " << piece;
  }
}

TEST(Delimited, writes_the_message_and_the_delimiter) {
  Reader nothing{std::string()};
  Writer writer;
  Delimited(nothing, writer, "\r\n").send("hello");
  EXPECT_EQ(writer.getvalue(), "hello\r\n");
}

TEST(Delimited, sends_no_message_that_would_end_early) {
  Reader nothing{std::string()};
  Writer writer;
  EXPECT_EQ(message_of<std::invalid_argument>([&] { Delimited(nothing, writer).send("two\nlines"); }),
            "the message holds the delimiter, and would end there");
  EXPECT_THROW(Delimited(nothing, writer, "aa").send("ba"), std::invalid_argument);  // "baaa" reads as "b"
  EXPECT_THROW(Delimited(nothing, writer, "").send("x"), std::invalid_argument);
  EXPECT_EQ(writer.getvalue(), "");
}

TEST(Delimited, keeps_to_its_limit_both_ways) {
  EXPECT_EQ(received("0123456789\n", "\n", 3), std::vector<std::string>{"0123456789"});
  EXPECT_EQ(received("0123456789--", "--", 3), std::vector<std::string>{"0123456789"});
  EXPECT_EQ(message_of<FramingError>([] { received("0123456789a\n", "\n", 3); }),
            "a message is over the limit of 10 bytes");
  Reader nothing{std::string()};
  Writer writer;
  EXPECT_EQ(message_of<std::length_error>([&] { Delimited(nothing, writer, "\n", 3).send("four"); }),
            "a message of 4 bytes is over the limit of 3");
  Delimited(nothing, writer, "\n", Reader::kAll).send("no limit");
  EXPECT_EQ(writer.getvalue(), "no limit\n");
}

TEST(Delimited, tells_an_end_between_messages_from_one_within) {
  EXPECT_TRUE(received("", "\n", 1).empty());
  EXPECT_EQ(received("hello\n", "\n", 1).size(), 1u);
  EXPECT_EQ(message_of<EOFError>([] { received("hello\neg", "\n", 1); }),
            "the stream ended within a message, after 2 bytes without a delimiter");
  EXPECT_THROW(received("hello\r", "\r\n", 1), EOFError);
}

// Each of its pieces was in time, and so it could take for ever.
TEST(Delimited, waits_for_a_message_that_drips_no_longer_than_it_is_told) {
  PieceSocket at_once("hello\negg\n", 100), drips("hello\n", 1);
  Reader reader(at_once), dripping(drips);
  Writer writer;
  Delimited messages(reader, writer, "\n", 10, std::chrono::seconds(0));
  EXPECT_EQ(messages.receive(), "hello");
  EXPECT_EQ(messages.receive(), "egg");
  EXPECT_EQ(messages.receive(), std::nullopt);
  EXPECT_THROW(Delimited(dripping, writer, "\n", 10, std::chrono::seconds(0)).receive(), TimeoutError);
}

TEST(Delimited, goes_on_after_a_timeout) {
  PieceSocket socket("hel--lo-=-egg-=-", 3);
  socket.time_out_every_other_time();
  Reader reader(socket);
  Writer writer;
  Delimited messages(reader, writer, "-=-");
  const auto receive = [&] { return patiently([&] { return messages.receive(); }); };
  EXPECT_EQ(receive(), "hel--lo");
  EXPECT_EQ(receive(), "egg");
  EXPECT_EQ(receive(), std::nullopt);
}

}  // namespace
}  // namespace socketserver::testing
