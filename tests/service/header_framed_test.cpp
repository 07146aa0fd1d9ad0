// Messages with a JSON header in front: whole, piece by piece, and what is none.
#include "socketserver/service/header_framed.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "io/pieces.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

constexpr HeaderFramedLimits kLimits{.header = 100, .body = 10};

/// A peer that sends `stream` in pieces, and its messages.
class Peer {
 public:
  explicit Peer(const std::string& stream, std::size_t piece = 3)
      : socket_(stream, piece), reader_(socket_) {}
  PieceSocket& socket() { return socket_; }
  HeaderFramed& messages() { return messages_; }

 private:
  PieceSocket socket_;
  Reader reader_;
  Writer writer_;
  HeaderFramed messages_{reader_, writer_, "size", kLimits};
};

/// What send() or send_header() write.
std::string written(const std::function<void(HeaderFramed&)>& write) {
  Reader nothing{std::string()};
  Writer writer;
  HeaderFramed messages(nothing, writer, "size", kLimits);
  write(messages);
  return writer.getvalue();
}

std::string sent(const Json& header, std::string_view body) {
  return written([&](HeaderFramed& messages) { messages.send(header, body); });
}

const std::string kHello = sent(Json::object({{"name", "a"}}), "hello");

TEST(HeaderFramed, writes_the_size_first_and_the_body_last) {
  EXPECT_EQ(kHello, frame(R"({"size": 5, "name": "a"})") + "hello");
  EXPECT_EQ(sent(Json::object(), ""), frame(R"({"size": 0})"));
  EXPECT_EQ(sent(Json::object({{"ok", true}, {"size", 99}}), "x"), frame(R"({"size": 1, "ok": true})") + "x");
}

TEST(HeaderFramed, gives_back_what_was_sent_however_it_arrives) {
  const std::string stream = kHello + sent(Json::object(), "") + sent(Json::object(), "any\n\0byte"s);
  for (std::size_t piece = 1; piece < 30; ++piece) {
    Peer peer(stream, piece);
    const auto first = peer.messages().receive();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->header.get_string("name"), "a");
    EXPECT_EQ(first->body, "hello");
    EXPECT_EQ(peer.messages().receive()->body, "");
    EXPECT_EQ(peer.messages().receive()->body, "any\n\0byte"s);
    EXPECT_FALSE(peer.messages().receive());
  }
}

TEST(HeaderFramed, gives_a_body_piece_by_piece) {
  Peer peer(written([](HeaderFramed& messages) { messages.send_header(Json::object(), 8); }) + "01234567" +
            kHello);
  ASSERT_TRUE(peer.messages().receive_header());
  EXPECT_EQ(peer.messages().remaining(), 8u);
  std::string body;
  for (std::string piece; !(piece = peer.messages().receive_some(5)).empty();) {
    EXPECT_LE(piece.size(), 5u);
    body += piece;
  }
  EXPECT_EQ(body, "01234567");
  EXPECT_EQ(peer.messages().remaining(), 0u);
  EXPECT_EQ(peer.messages().receive()->body, "hello");
}

TEST(HeaderFramed, passes_over_what_nobody_wanted) {
  Peer peer(kHello + kHello);
  ASSERT_TRUE(peer.messages().receive_header());
  EXPECT_EQ(peer.messages().receive_some(1), "h");
  EXPECT_EQ(peer.messages().receive()->body, "hello");
  EXPECT_FALSE(peer.messages().receive());
}

TEST(HeaderFramed, refuses_headers_that_are_none) {
  for (const std::string header :
       {"", "{", "[]", "5", "{}", R"({"size": "5"})", R"({"size": 1.5})", R"({"size": null})"})
    EXPECT_THROW(Peer(frame(header) + "hello").messages().receive(), JsonError) << header;
  EXPECT_THROW(Peer(pack_i32(-1)).messages().receive(), FramingError);
  EXPECT_THROW(Peer(pack_i32(101)).messages().receive(), FramingError);
}

TEST(HeaderFramed, refuses_sizes_over_the_limit) {
  EXPECT_EQ(Peer(frame(R"({"size": 10})") + "0123456789").messages().receive()->body, "0123456789");
  EXPECT_EQ(message_of<FramingError>([] { Peer(frame(R"({"size": 11})")).messages().receive(); }),
            "\"size\" is 11, not 0 to 10");
  EXPECT_THROW(Peer(frame(R"({"size": -1})")).messages().receive(), FramingError);
}

TEST(HeaderFramed, sends_nothing_over_a_limit) {
  EXPECT_EQ(message_of<std::length_error>([] { sent(Json::object(), "0123456789a"); }),
            "a message of 11 bytes is over the limit of 10");
  EXPECT_THROW(sent(Json::object({{"name", std::string(100, 'x')}}), ""), std::length_error);
  EXPECT_THROW(sent(Json::array(), ""), JsonError);
}

TEST(HeaderFramed, tells_an_end_between_messages_from_one_within) {
  EXPECT_FALSE(Peer("").messages().receive());
  for (std::size_t size = 1; size < kHello.size(); ++size)
    EXPECT_THROW(Peer(kHello.substr(0, size)).messages().receive(), EOFError) << size;
  Peer peer(kHello.substr(0, kHello.size() - 2), 100);
  peer.messages().receive_header();
  EXPECT_EQ(peer.messages().receive_some(10), "hel");
  EXPECT_EQ(message_of<EOFError>([&] { peer.messages().receive_some(10); }),
            "the stream ended 2 bytes before the end of a message");
}

TEST(HeaderFramed, goes_on_after_a_timeout) {
  Peer peer(kHello + kHello);
  peer.socket().time_out_every_other_time();
  const auto receive = [&] { return patiently([&] { return peer.messages().receive(); }); };
  EXPECT_EQ(receive()->body, "hello");
  EXPECT_EQ(receive()->body, "hello");
  EXPECT_FALSE(receive());
}

// Each piece was in time, and so it could take for ever.
TEST(HeaderFramed, waits_for_what_drips_no_longer_than_it_is_told) {
  const auto receive = [](const std::string& bytes, std::size_t piece) {
    PieceSocket socket(bytes, piece);
    Reader reader(socket);
    Writer writer;
    return HeaderFramed(reader, writer, "size", {.time = std::chrono::seconds(0)}).receive();
  };
  EXPECT_EQ(receive(kHello, 1'000)->body, "hello");
  EXPECT_THROW(receive(kHello, 1), TimeoutError);
  EXPECT_THROW(receive(kHello, kHello.size() - 1), TimeoutError) << "its body";
}

TEST(ReadHeader, wants_an_object) {
  Reader reader(frame(R"({"a": 1})"));
  EXPECT_EQ(read_header(reader, 100).get_int("a"), 1);
  Reader array(frame("[]"));
  EXPECT_THROW(read_header(array, 100), JsonError);
}

}  // namespace
}  // namespace socketserver::testing
