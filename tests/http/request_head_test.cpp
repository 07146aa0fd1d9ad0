// Heads of requests: what is understood, and what is refused because it could be understood in two ways.
#include "socketserver/http/request_head.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "socketserver/http/status.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

/// The status that a head is refused with; 0: it is understood; nullopt: it is not at its end.
std::optional<int> judge(RequestHead& head, const std::string& bytes) {
  try {
    head.feed(bytes);
  } catch (const HTTPError& error) {
    return error.code();
  }
  return head.complete() ? std::optional<int>(0) : std::nullopt;
}

std::optional<int> judge(const std::string& bytes) {
  RequestHead head;
  return judge(head, bytes);
}

std::string with_fields(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(RequestHead, is_taken_apart) {
  RequestHead head;
  const std::string text =
      "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-One:  two words \t\r\nx-ONE: 2\r\n\r\n";
  EXPECT_EQ(head.feed(text + "the next"), text.size());
  ASSERT_TRUE(head.complete());
  EXPECT_EQ(head.request_line(), "GET /a?b=c HTTP/1.1");
  EXPECT_EQ(head.method(), "GET");
  EXPECT_EQ(head.target(), "/a?b=c");
  EXPECT_EQ(head.path(), "/a?b=c");
  EXPECT_EQ(head.version(), "HTTP/1.1");
  EXPECT_EQ(head.fields().get("x-one"), "two words");
  EXPECT_EQ(head.fields().get_all("X-One"), (std::vector<std::string_view>{"two words", "2"}));
  EXPECT_EQ(head.fields().get("absent", "otherwise"), "otherwise");
  EXPECT_FALSE(head.fields().contains("absent"));
  EXPECT_TRUE(head.keep_alive());
  EXPECT_FALSE(head.has_body());
}

TEST(RequestHead, is_the_same_however_it_is_cut) {
  const std::string text = "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nEmpty:\r\n\r\n";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    RequestHead head;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      EXPECT_FALSE(head.complete());
      taken += head.feed(std::string_view(text).substr(at, piece));
    }
    ASSERT_TRUE(head.complete()) << piece;
    EXPECT_EQ(taken, text.size());
    EXPECT_EQ(head.request_line(), "POST /a HTTP/1.1");
    EXPECT_EQ(head.content_length(), 5u);
    EXPECT_EQ(head.fields().get("Empty"), "");
  }
}

TEST(RequestHead, forgets_everything_for_the_next_one) {
  RequestHead head;
  ASSERT_EQ(judge(head, with_fields("Content-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n")),
            0);
  EXPECT_TRUE(head.begun());
  EXPECT_TRUE(head.expects_continue());
  head.clear();
  EXPECT_FALSE(head.begun());
  EXPECT_FALSE(head.complete());
  ASSERT_EQ(judge(head, "GET /b HTTP/1.1\r\nHost: b\r\n\r\n"), 0);
  EXPECT_EQ(head.target(), "/b");
  EXPECT_EQ(head.fields().size(), 1u);
  EXPECT_EQ(head.content_length(), 0u);
  EXPECT_TRUE(head.keep_alive());
  EXPECT_FALSE(head.expects_continue());
}

TEST(RequestHead, tells_its_path_without_scheme_and_host) {
  const std::pair<const char*, const char*> cases[] = {
      {"GET http://a.b:80/c/d?e", "/c/d?e"},
      {"GET HTTP://a", "/"},
      {"GET http://a?b=/c", "/"},
      {"GET https://a/", "/"},
      {"OPTIONS *", "*"},
      {"CONNECT a:443", "a:443"},
      {"GET //a/b", "//a/b"},
      {"GET /%2e%2e/", "/%2e%2e/"},
  };
  for (const auto& [line, path] : cases) {
    RequestHead head;
    ASSERT_EQ(judge(head, line + " HTTP/1.1\r\nHost: a\r\n\r\n"s), 0) << line;
    EXPECT_EQ(head.path(), path);
  }
}

TEST(RequestHead, says_whether_the_connection_may_go_on) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    RequestHead head;
    EXPECT_EQ(judge(head, "GET / " + version + "\r\nHost: a\r\n" + fields + "\r\n"), 0);
    return head.keep_alive();
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_TRUE(keeps("HTTP/1.9", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: upgrade , close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestHead, may_be_typed_by_hand) { EXPECT_EQ(judge("\nGET / HTTP/1.0\nA: b\n\n"), 0); }

TEST(RequestHead, is_refused_where_its_request_line_is_none) {
  const std::pair<const char*, int> cases[] = {
      {"GET /", 400},
      {"GET", 400},
      {" GET / HTTP/1.1", 400},
      {"GET  / HTTP/1.1", 400},
      {"GET / HTTP/1.1 ", 400},
      {"GET /a b HTTP/1.1", 400},
      {"GET\t/ HTTP/1.1", 400},
      {"GET /\x01 HTTP/1.1", 400},
      {"GET /\r HTTP/1.1", 400},
      {"GET a HTTP/1.1", 400},
      {"GET ftp://a/ HTTP/1.1", 400},
      {"GET http:///a HTTP/1.1", 400},
      {"GET http://?a HTTP/1.1", 400},
      {"GET http://a@b/ HTTP/1.1", 400},
      {"GET http://a\\b/ HTTP/1.1", 400},
      {"GET http://a,b HTTP/1.1", 400},
      {"GET * HTTP/1.1", 400},
      {"CONNECT /a HTTP/1.1", 400},
      {"CONNECT http://a/ HTTP/1.1", 400},
      {"G(T / HTTP/1.1", 400},
      {"GET / http/1.1", 400},
      {"GET / HTTP/11", 400},
      {"GET / HTTP/1.10", 400},
      {"GET / HTTP/01.1", 400},
      {"GET / HTTP/1.x", 400},
      {"GET / HTTP/2.0", 505},
      {"GET / HTTP/0.9", 505},
  };
  for (const auto& [line, status] : cases) EXPECT_EQ(judge(line + "\r\nHost: a\r\n\r\n"s), status) << line;
  EXPECT_EQ(judge("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s), 400);
}

TEST(RequestHead, is_refused_where_a_field_is_none) {
  const char* const cases[] = {
      "no colon\r\n",        ": no name\r\n",      "Space : a\r\n",  "Tab\t: a\r\n", " folded: a\r\n",
      "A: b\r\n folded\r\n", "A: b\r\n\tc: d\r\n", "A: b\rC: d\r\n", "A: b\x01\r\n", "A: b\x7f\r\n",
      "A\xC3\xA4: b\r\n",    "A: b\nC: d\r\n",     "A: b\r\r\n",     "(: b\r\n",
  };
  for (const char* fields : cases) EXPECT_EQ(judge(with_fields(fields)), 400) << fields;
  EXPECT_EQ(judge(with_fields("A: b\0c\r\n"s)), 400);
  EXPECT_EQ(judge(with_fields("A: \xC3\xA4\tb\r\nB:\r\n")), 0);
}

TEST(RequestHead, ends_all_its_lines_alike) {
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.1\nHost: a\r\n\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.1\nHost: a\n\r\n"), 400);
}

TEST(RequestHead, has_one_host) {
  EXPECT_EQ(judge("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0);
  EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n"), 400);
  EXPECT_EQ(judge("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  for (const char* host : {"a b", "a/b", "a@b", "a, b", "a#b"})
    EXPECT_EQ(judge("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), 400) << host;
}

// The corpus of request smuggling: what one server reads in one way and another one in another.
TEST(RequestHead, is_refused_where_its_body_could_end_in_two_places) {
  const std::pair<const char*, int> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: -5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length: 5 5\r\n", 400},
      {"Content-Length: 5.0\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length : 5\r\n", 400},
      {"Content-Length\t: 5\r\n", 400},
      {"Content-Length: 18446744073709551616\r\n", 413},
      {"Content-Length: 99999999999999999999999999\r\n", 413},
      {"Transfer-Encoding : chunked\r\n", 400},
      {" Transfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding:\r\n chunked\r\n", 400},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding: xchunked\r\n", 400},
      {"Transfer-Encoding: chunkedx\r\n", 400},
      {"Transfer-Encoding: \"chunked\"\r\n", 400},
      {"Transfer-Encoding: chunked;a=b\r\n", 400},
      {"Transfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: chunked, identity\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: ,\r\n", 400},
      {"Transfer-Encoding: gzip\r\n", 400},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", 501},
      {"X: a\r\rTransfer-Encoding: chunked\r\n", 400},
      {"X: a\nTransfer-Encoding: chunked\r\n", 400},
  };
  for (const auto& [fields, status] : cases) EXPECT_EQ(judge(with_fields(fields)), status) << fields;
  EXPECT_EQ(judge("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestHead, says_how_its_body_is_delimited) {
  RequestHead head;
  ASSERT_EQ(judge(head, with_fields("Transfer-Encoding: Chunked\r\n")), 0);
  EXPECT_TRUE(head.chunked());
  EXPECT_TRUE(head.has_body());
  head.clear();
  ASSERT_EQ(judge(head, with_fields("Content-Length: 18446744073709551614\r\n")), 0);
  EXPECT_FALSE(head.chunked());
  EXPECT_EQ(head.content_length(), 18446744073709551614u);
}

TEST(RequestHead, expects_nothing_but_to_continue) {
  RequestHead head;
  ASSERT_EQ(judge(head, with_fields("Content-Length: 5\r\nExpect: 100-Continue\r\n")), 0);
  EXPECT_TRUE(head.expects_continue());
  EXPECT_EQ(judge(with_fields("Expect: wonders\r\n")), 417);
  EXPECT_EQ(judge("POST / HTTP/1.0\r\nExpect: wonders\r\n\r\n"), 0);
  head.clear();
  ASSERT_EQ(judge(head, with_fields("Expect: 100-continue\r\n")), 0);
  EXPECT_FALSE(head.expects_continue()) << "there is no body to wait with";
}

TEST(RequestHead, shows_how_a_request_line_began_that_did_not_end) {
  RequestHead head;
  EXPECT_EQ(judge(head, "\r\nGET /a"), std::nullopt);
  EXPECT_EQ(head.request_line(), "GET /a");
  EXPECT_EQ(judge(head, std::string(RequestHead::kLongestRequestLine, 'a') + " HTTP/1.1\r\n"), 414);
  EXPECT_TRUE(head.request_line().starts_with("GET /aaaa"));
  EXPECT_LE(head.request_line().size(), 100u);
}

TEST(RequestHead, has_limits) {
  const std::string long_path(RequestHead::kLongestRequestLine, 'a');
  EXPECT_EQ(judge("GET /" + long_path), 414) << "whether its end has come or not";
  EXPECT_EQ(judge("GET /" + long_path + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(judge(with_fields("A: " + std::string(RequestHead::kMostFieldBytes, 'a'))), 431);
  std::string fields;
  for (std::size_t i = 0; i < RequestHead::kMostFields - 1; ++i) fields += "A: b\r\n";
  EXPECT_EQ(judge(with_fields(fields)), 0);
  EXPECT_EQ(judge(with_fields(fields + "A: b\r\n")), 431);
  std::string lines;
  for (std::size_t i = 0; i <= RequestHead::kLongestRequestLine; ++i) lines += "\r\n";
  EXPECT_EQ(judge(lines), 414) << "empty lines before a request are not without end";
}

}  // namespace
}  // namespace socketserver::testing
