// What stands in targets and fields: paths, dates, ranges, conditions; and what a file is by its name.
#include <gtest/gtest.h>

#include "socketserver/http/http_date.hpp"
#include "socketserver/http/mime_types.hpp"
#include "socketserver/http/preconditions.hpp"
#include "socketserver/http/range.hpp"
#include "socketserver/http/status.hpp"
#include "socketserver/http/uri.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

TEST(Uri, is_decoded_once) {
  EXPECT_EQ(percent_decode("a%20b%2525%e4%BA"), "a b%25\xe4\xba");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("%00"), "\0"s);
  for (const char* bad : {"%", "a%2", "%zz", "%2", "%%20"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Uri, is_encoded_so_that_it_is_one_path) {
  EXPECT_EQ(percent_encode("a b/c?d#e%f:g\"<计"), "a%20b/c%3Fd%23e%25f%3Ag%22%3C%E8%AE%A1");
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
}

TEST(Uri, is_escaped_for_pages) {
  EXPECT_EQ(html_escape("<a href=\"x\">&'五"), "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;五");
}

TEST(RelativePath, leads_to_files_below) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", ""},
      {"/a", "a"},
      {"/a/", "a/"},
      {"//a///b", "a/b"},
      {"/a?b/../c", "a"},
      {"/a#b", "a"},
      {"/./a/./b/.", "a/b/"},
      {"/a/../b", "b"},
      {"/a/b/..", "a/"},
      {"/a/%2e%2E/b", "b"},
      {"/a/...", "a/..."},
      {"/..a/b..", "..a/b.."},
      {"/%E4%BA%94.txt", "五.txt"},
      {"/a%20b", "a b"},
      {"/%252e%252e/a", "%2e%2e/a"},
      {"/a\\..\\b", "a\\..\\b"},
      {"/%3f", "?"},
  };
  for (const auto& [path, relative] : cases) EXPECT_EQ(relative_path(path), relative) << path;
}

int refusal(std::string_view path) {
  try {
    relative_path(path);
    return 0;
  } catch (const HTTPError& error) {
    return error.code();
  }
}

TEST(RelativePath, never_leads_above) {
  for (const char* path : {"/..", "/../a", "/a/../..", "/a/../../b", "/%2e%2e", "/%2e%2e/a", "/.%2e/a",
                           "/a/..//../b", "/./..", "/%", "/%4", "/%zz"})
    EXPECT_EQ(refusal(path), 400) << path;
  for (const char* path : {"/..%2fa", "/a%2fb", "/a%00", "/%00", "/a%2f..%2f..%2fb"})
    EXPECT_EQ(refusal(path), 404) << path;
}

TEST(HttpDate, is_written_in_the_form_of_RFC_9110) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date_now().size(), 29u);
}

TEST(HttpDate, is_read_in_three_forms) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), 784111777) << text;
  EXPECT_EQ(parse_http_date("Thu Feb 29 12:00:00 2024"), 1709208000);
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 2100 23:59:60 GMT"), 4133980800);
}

TEST(HttpDate, is_nothing_else) {
  for (const char* text :
       {"", "0", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun Nov 6 08:49:37 1994",
        "Sunday, 06-Nov-1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

std::string range_of(std::string_view field, std::uint64_t size) {
  const ByteRange range = parse_range(field, size);
  if (range.kind == ByteRange::Kind::kWhole) return "whole";
  if (range.kind == ByteRange::Kind::kUnsatisfiable) return "none";
  return std::to_string(range.first) + "+" + std::to_string(range.count);
}

TEST(Range, is_one_part) {
  const std::tuple<const char*, std::uint64_t, const char*> cases[] = {
      {"bytes=0-0", 10, "0+1"},
      {"bytes=2-5", 10, "2+4"},
      {"Bytes=2-", 10, "2+8"},
      {"bytes=2-100", 10, "2+8"},
      {"bytes=-3", 10, "7+3"},
      {"bytes=-100", 10, "0+10"},
      {"bytes=9-9", 10, "9+1"},
      {"bytes=0-18446744073709551615", 10, "0+10"},
      {"bytes=0-99999999999999999999999", 10, "0+10"},
      {"bytes=10-", 10, "none"},
      {"bytes=99999999999999999999999-", 10, "none"},
      {"bytes=-0", 10, "none"},
      {"bytes=0-", 0, "none"},
      {"bytes=-1", 0, "none"},
      {"bytes=5-2", 10, "whole"},
      {"bytes=0-1,3-4", 10, "whole"},
      {"bytes=", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=a-b", 10, "whole"},
      {"bytes=1", 10, "whole"},
      {"bytes=1-a", 10, "whole"},
      {"bytes=+1-2", 10, "whole"},
      {"bytes=1 - 2", 10, "whole"},
      {"lines=1-2", 10, "whole"},
      {"", 10, "whole"},
  };
  for (const auto& [field, size, expected] : cases) EXPECT_EQ(range_of(field, size), expected) << field;
}

const Validators kFile{"\"x,y\"", 784111777};
constexpr char kSame[] = "Sun, 06 Nov 1994 08:49:37 GMT", kEarlier[] = "Sun, 06 Nov 1994 08:49:36 GMT";

HeaderFields fields(const std::string& lines) {
  RequestHead head;
  head.feed("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
  EXPECT_TRUE(head.complete()) << lines;
  return head.fields();
}

int status_for(const std::string& lines, bool is_read = true) {
  return evaluate_preconditions(fields(lines), kFile, is_read);
}

TEST(Preconditions, are_those_of_RFC_9110_in_its_order) {
  const std::string same = kSame, earlier = kEarlier;
  EXPECT_EQ(status_for(""), 0);
  EXPECT_EQ(status_for("If-None-Match: \"x,y\"\r\n"), 304);
  EXPECT_EQ(status_for("If-None-Match: \"a\", W/\"x,y\"\r\n"), 304);
  EXPECT_EQ(status_for("If-None-Match: \"z\"\r\nIf-None-Match: \"x,y\"\r\n"), 304);
  EXPECT_EQ(status_for("If-Match: \"z\"\r\nIf-Match: \"x,y\"\r\n"), 0);
  EXPECT_EQ(status_for("If-None-Match: *\r\n"), 304);
  EXPECT_EQ(status_for("If-None-Match: *\r\n", false), 412);
  EXPECT_EQ(status_for("If-None-Match: \"x\", \"y\"\r\n"), 0);
  EXPECT_EQ(status_for("If-None-Match: x,y\r\n"), 0);
  EXPECT_EQ(status_for("If-Modified-Since: " + same + "\r\n"), 304);
  EXPECT_EQ(status_for("If-Modified-Since: " + earlier + "\r\n"), 0);
  EXPECT_EQ(status_for("If-Modified-Since: yesterday\r\n"), 0);
  EXPECT_EQ(status_for("If-Modified-Since: " + same + "\r\n", false), 0);
  EXPECT_EQ(status_for("If-None-Match: \"z\"\r\nIf-Modified-Since: " + same + "\r\n"), 0);
  EXPECT_EQ(status_for("If-Match: \"x,y\"\r\n"), 0);
  EXPECT_EQ(status_for("If-Match: *\r\n"), 0);
  EXPECT_EQ(status_for("If-Match: W/\"x,y\"\r\n"), 412);
  EXPECT_EQ(status_for("If-Match: \"z\"\r\n"), 412);
  EXPECT_EQ(status_for("If-Unmodified-Since: " + earlier + "\r\n"), 412);
  EXPECT_EQ(status_for("If-Unmodified-Since: " + same + "\r\n"), 0);
  EXPECT_EQ(status_for("If-Match: \"z\"\r\nIf-None-Match: \"x,y\"\r\n"), 412);
}

TEST(Preconditions, of_ranges_need_the_very_version) {
  EXPECT_TRUE(range_applies(fields(""), kFile));
  EXPECT_TRUE(range_applies(fields("If-Range: \"x,y\"\r\n"), kFile));
  EXPECT_FALSE(range_applies(fields("If-Range: W/\"x,y\"\r\n"), kFile));
  EXPECT_FALSE(range_applies(fields("If-Range: \"z\"\r\n"), kFile));
  EXPECT_TRUE(range_applies(fields(std::string("If-Range: ") + kSame + "\r\n"), kFile));
  EXPECT_FALSE(range_applies(fields(std::string("If-Range: ") + kEarlier + "\r\n"), kFile));
  EXPECT_FALSE(range_applies(fields("If-Range: soon\r\n"), kFile));
}

TEST(MimeTypes, follow_from_the_last_extension) {
  EXPECT_EQ(guess_type("a.html"), "text/html");
  EXPECT_EQ(guess_type("a.b.PNG"), "image/png");
  EXPECT_EQ(guess_type("a.tar.gz"), "application/gzip");
  EXPECT_EQ(guess_type("zst/a.7z"), "application/x-7z-compressed");
  EXPECT_EQ(guess_type("a.zst"), "application/zstd");
  for (const char* unknown : {"", "a", ".html", "a.", "a.unknown", "d.html/a", "a.averyverylongextension"})
    EXPECT_EQ(guess_type(unknown), "application/octet-stream") << unknown;
}

}  // namespace
}  // namespace socketserver::testing
