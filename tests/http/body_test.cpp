// Bodies of requests and of responses.
#include <gtest/gtest.h>

#include "socketserver/http/chunked.hpp"
#include "socketserver/http/request_body.hpp"
#include "socketserver/http/response.hpp"
#include "socketserver/http/status.hpp"

namespace socketserver::testing {
namespace {

/// Reads a body to its end, `piece` bytes at a time.
template <class Body>
std::string read_whole(Body& body, std::size_t piece = 100) {
  std::string all, block(piece, '\0');
  for (std::size_t got; (got = body.readinto1(block)) > 0;) all += block.substr(0, got);
  return all;
}

int refusal(const std::string& bytes) {
  Reader reader(bytes);
  ChunkedReader chunks(reader);
  try {
    read_whole(chunks);
  } catch (const HTTPError& error) {
    return error.code();
  }
  return 0;
}

TEST(ChunkedReader, puts_chunks_together_and_leaves_what_follows) {
  for (const std::size_t piece : {1u, 3u, 100u}) {
    Reader reader(std::string("5\r\nhello\r\n6;a=b\r\n world\r\n00A\r\n0123456789\r\n0\r\nX: y\r\n\r\nnext"));
    ChunkedReader chunks(reader);
    EXPECT_FALSE(chunks.finished());
    EXPECT_EQ(read_whole(chunks, piece), "hello world0123456789");
    EXPECT_TRUE(chunks.finished());
    EXPECT_EQ(reader.read(), "next");
  }
}

TEST(ChunkedReader, refuses_what_is_no_chunk) {
  const char* const cases[] = {
      "\r\n",
      "x\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "5\t;a\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "-1\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\r\rhello\r\n0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello!\r\n0\r\n\r\n",
      "5\r\nhell\r\n0\r\n\r\n",
      "5;a\rb\r\nhello\r\n0\r\n\r\n",
      "10000000000000000\r\n",
      "ffffffffffffffffffffffffffffffffff\r\n",
      "0\r\nX: y\n\r\n",
      "0\r\nX: \x01\r\n\r\n",
      "0\r\nGET / HTTP/1.1\r\n\r\n",
      "0\r\n: y\r\n\r\n",
      "0\r\nX : y\r\n\r\n",
      "0\r\nX: y\r\n folded\r\n\r\n",
  };
  for (const char* bytes : cases) EXPECT_EQ(refusal(bytes), 400) << bytes;
  EXPECT_EQ(refusal("5;" + std::string(ChunkedReader::kLongestSizeLine, 'a') + "\r\nhello\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(refusal("0\r\n" + std::string(ChunkedReader::kMostTrailerBytes, 'a') + "\r\n\r\n"), 400);
  std::string trailer = "0\r\n";
  for (std::size_t i = 0; i < ChunkedReader::kMostTrailerBytes; i += 6) trailer += "A: b\r\n";
  EXPECT_EQ(refusal(trailer + "\r\n"), 400);
}

TEST(ChunkedReader, notices_that_the_stream_ends) {
  const std::string whole = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Reader reader(whole.substr(0, size));
    ChunkedReader chunks(reader);
    EXPECT_THROW(read_whole(chunks), EOFError) << size;
  }
}

RequestHead head_with(const std::string& field) {
  RequestHead head;
  head.feed("POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n");
  EXPECT_TRUE(head.complete());
  return head;
}

TEST(RequestBody, ends_at_its_length) {
  Reader reader(std::string("hellonext"));
  RequestBody body(reader, head_with("Content-Length: 5"), 5);
  EXPECT_EQ(body.left(), 5u);
  EXPECT_EQ(read_whole(body, 2), "hello");
  EXPECT_TRUE(body.finished());
  EXPECT_EQ(reader.read(), "next");
}

TEST(RequestBody, is_empty_without_a_length) {
  Reader reader(std::string("next"));
  RequestBody body(reader, head_with("A: b"), 5);
  EXPECT_TRUE(body.finished());
  EXPECT_EQ(read_whole(body), "");
}

TEST(RequestBody, throws_where_it_breaks_off) {
  Reader reader(std::string("hell"));
  RequestBody body(reader, head_with("Content-Length: 5"), 5);
  EXPECT_THROW(read_whole(body), EOFError);
}

TEST(RequestBody, may_be_too_large) {
  Reader reader(std::string("3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n"));
  EXPECT_THROW(RequestBody(reader, head_with("Content-Length: 6"), 5).check_size(), HTTPError);
  RequestBody body(reader, head_with("Transfer-Encoding: chunked"), 5);
  try {
    read_whole(body);
    FAIL() << "it should be too large";
  } catch (const HTTPError& error) {
    EXPECT_EQ(error.code(), 413);
  }
}

/// What a response is on the wire, behind its status line and fixed fields.
class ResponseTest : public ::testing::Test {
 protected:
  void begin(bool http_1_1 = true, bool head_only = false, int code = 200) {
    response.begin_anew(http_1_1, true, head_only);
    response.start(code, "X");
  }
  std::string sent() const { return out_.getvalue(); }

 private:
  Writer out_;

 public:
  Response response{out_};
};

TEST_F(ResponseTest, gets_its_length_where_it_is_there_as_a_whole) {
  begin();
  response.finish("hello");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(response.keep_alive());
}

TEST_F(ResponseTest, goes_in_chunks_where_it_comes_in_parts) {
  begin();
  response.write("hello, ");
  response.write("");
  response.finish("0123456789ABCDEFG");
  EXPECT_EQ(sent(),
            "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhello, "
            "\r\n11\r\n0123456789ABCDEFG\r\n0\r\n\r\n");
  EXPECT_TRUE(response.keep_alive());
}

TEST_F(ResponseTest, ends_with_the_connection_for_HTTP_1_0) {
  begin(false);
  response.write("hello, ");
  response.finish("world");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nConnection: close\r\n\r\nhello, world");
  EXPECT_FALSE(response.keep_alive());
}

TEST_F(ResponseTest, says_to_HTTP_1_0_that_the_connection_goes_on) {
  begin(false);
  response.finish("hi");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
}

TEST_F(ResponseTest, of_HEAD_is_that_of_GET_without_its_body) {
  begin(true, true);
  response.finish("hello");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(response.keep_alive());
}

TEST_F(ResponseTest, has_no_body_where_its_status_has_none) {
  for (const int code : {204, 304}) {
    Writer out;
    Response none(out);
    none.begin_anew(true, true, false);
    none.start(code, "X");
    none.finish("hello");
    EXPECT_EQ(out.getvalue(), "HTTP/1.1 " + std::to_string(code) + " X\r\n\r\n");
  }
}

TEST_F(ResponseTest, keeps_to_the_length_that_it_was_given) {
  begin();
  response.header("content-length", "5");
  response.end_headers();
  EXPECT_THROW(response.write("hello!"), std::logic_error);
  EXPECT_FALSE(response.committed()) << "there is still time for status 500";
  response.write("hel");
  EXPECT_THROW(response.write("lo!"), std::logic_error);
  response.finish("l");
  EXPECT_FALSE(response.keep_alive()) << "the client must learn that something is missing";
}

TEST_F(ResponseTest, tells_that_the_connection_ends) {
  begin();
  response.set_close();
  response.finish("");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(ResponseTest, may_be_told_to_end_the_connection_by_a_field) {
  begin();
  response.header("Connection", "close");
  response.finish("");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(response.keep_alive());
}

TEST_F(ResponseTest, starts_anew_as_long_as_nothing_is_sent) {
  begin();
  response.header("A", "b");
  response.start(500, "Y");
  response.finish("");
  EXPECT_EQ(sent(), "HTTP/1.1 500 Y\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THROW(response.start(200, "X"), std::logic_error);
}

TEST_F(ResponseTest, lets_no_field_be_split) {
  begin();
  EXPECT_THROW(response.header("A", "b\r\nC: d"), std::invalid_argument);
  EXPECT_THROW(response.header("A", "b\nC: d"), std::invalid_argument);
  EXPECT_THROW(response.header("A:", "b"), std::invalid_argument);
  EXPECT_THROW(response.header("", "b"), std::invalid_argument);
  EXPECT_THROW(response.start(200, "a\r\nB: c"), std::invalid_argument);
  EXPECT_THROW(response.start(20, "X"), std::invalid_argument);
  response.finish("");
  EXPECT_EQ(sent(), "HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(ResponseTest, has_no_fields_outside_of_its_head) {
  EXPECT_THROW(response.header("A", "b"), std::logic_error);
  begin();
  response.end_headers();
  EXPECT_THROW(response.header("A", "b"), std::logic_error);
}

}  // namespace
}  // namespace socketserver::testing
