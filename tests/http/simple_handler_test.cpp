// Files over HTTP: what is served, and that nothing else is.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "http/http_client.hpp"
#include "socketserver/http/http_date.hpp"
#include "socketserver/http/http_server.hpp"
#include "socketserver/socketserver.hpp"
#include "support/permissions.hpp"

namespace socketserver::testing {
namespace {

namespace fs = std::filesystem;

class SimpleHandler : public ::testing::Test {
 protected:
  SimpleHandler() {
    fs::create_directories(root() + "/dir/inner");
    put("a.txt", "0123456789");
    put("dir/b.txt", "b");
    put("dir/五.html", "<p>five");
    fs::create_directory(root() + "/site");
    put("site/index.html", "<p>index");
    std::ofstream(directory_ / "secret") << "secret";
  }
  std::string root() const { return directory_ / "www"; }
  /// Beside the directory that is served.
  std::string beside(const std::string& name) const { return directory_ / name; }
  void put(const std::string& name, const std::string& text) {
    std::ofstream(root() + "/" + name, std::ios::binary) << text;
  }
  HttpClient connect(DocumentRoot::Links links = DocumentRoot::Links::kRefuse) {
    serving_ = std::make_unique<Serving<ThreadingHTTPServer>>(
        Address("127.0.0.1", 0),
        handler<SimpleHTTPRequestHandler>(std::make_shared<const DocumentRoot>(root(), links)));
    return HttpClient(serving_->start().address());
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Serving<ThreadingHTTPServer>> serving_;
};

TEST_F(SimpleHandler, serves_files) {
  HttpClient client = connect();
  const Answer answer = client.get("/a.txt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(client.get("/dir/%E4%BA%94.html?query#fragment").body, "<p>five");
  EXPECT_EQ(client.get("http://anything/dir/b.txt").body, "b");
  put("empty", "");
  EXPECT_EQ(client.get("/empty").field("Content-Length"), "0");
}

TEST_F(SimpleHandler, serves_large_files_whole) {
  HttpClient client = connect();
  for (const std::size_t size : {13'999u, 14'000u, 14'001u, 3'000'000u}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
    put("large", bytes);
    EXPECT_TRUE(client.get("/large").body == bytes) << size;
    const Answer part = client.get("/large", "Range: bytes=1000-\r\n");
    EXPECT_TRUE(part.body == bytes.substr(1000)) << size;
  }
}

TEST_F(SimpleHandler, answers_HEAD_as_GET_without_the_body) {
  HttpClient client = connect();
  const Answer head = client.ask("HEAD", "/a.txt"), get = client.get("/a.txt");
  for (const char* name : {"Content-Length", "Content-Type", "ETag", "Last-Modified"})
    EXPECT_EQ(head.field(name), get.field(name));
  put("large", std::string(100'000, 'x'));
  EXPECT_EQ(client.ask("HEAD", "/large", "Range: bytes=0-1\r\n").status, 200) << "ranges are for GET";
  EXPECT_EQ(client.ask("HEAD", "/").status, 200);
  EXPECT_EQ(client.ask("HEAD", "/none").status, 404);
}

TEST_F(SimpleHandler, serves_one_range) {
  HttpClient client = connect();
  const Answer part = client.get("/a.txt", "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(part.field("Content-Length"), "3");
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(client.get("/a.txt", "Range: bytes=-2\r\n").body, "89");
  const Answer none = client.get("/a.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(none.status, 416);
  EXPECT_EQ(none.field("Content-Range"), "bytes */10");
  EXPECT_EQ(client.get("/a.txt", "Range: bytes=0-1,3-4\r\n").status, 200);
  EXPECT_EQ(client.get("/a.txt", "Range: bytes=0-1\r\nRange: bytes=3-4\r\n").status, 200);
  EXPECT_EQ(client.get("/a.txt", "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n").status, 200);
  EXPECT_EQ(client.get("/a.txt", "Range: bytes=0-1\r\nIf-Range: " + part.field("ETag") + "\r\n").status, 206);
}

TEST_F(SimpleHandler, sends_nothing_that_the_client_has) {
  HttpClient client = connect();
  const Answer first = client.get("/a.txt");
  const std::string etag = first.field("ETag"), modified = first.field("Last-Modified");
  EXPECT_TRUE(parse_http_date(modified)) << modified;
  for (const std::string& condition : {"If-None-Match: " + etag, "If-Modified-Since: " + modified}) {
    const Answer again = client.get("/a.txt", condition + "\r\n");
    EXPECT_EQ(again.status, 304) << condition;
    EXPECT_EQ(again.field("ETag"), etag);
    EXPECT_FALSE(again.has("Content-Length"));
  }
  EXPECT_EQ(client.get("/a.txt", "If-Match: \"other\"\r\n").status, 412);
  put("a.txt", "changed");
  const Answer changed = client.get("/a.txt", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, "changed");
}

TEST_F(SimpleHandler, says_nothing_of_the_future) {
  fs::last_write_time(root() + "/a.txt", fs::file_time_type::clock::now() + std::chrono::hours(24));
  HttpClient client = connect();
  const Answer answer = client.get("/a.txt");
  const auto modified = parse_http_date(answer.field("Last-Modified")),
             date = parse_http_date(answer.field("Date"));
  ASSERT_TRUE(modified && date);
  EXPECT_LE(*modified, *date);
  const std::string since = "If-Modified-Since: " + answer.field("Last-Modified") + "\r\n";
  EXPECT_EQ(client.get("/a.txt", since).status, 200) << "it may have been changed since";
}

TEST_F(SimpleHandler, lists_directories) {
  put("<b>&\"'.txt", "");
  put("Zeta", "");
  put("计算机五大.txt", "");
  HttpClient client = connect();
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  const std::string& page = answer.body;
  EXPECT_NE(page.find("<title>Directory listing for /</title>"), page.npos);
  EXPECT_NE(page.find("<a href=\"dir/\">dir/</a>"), page.npos) << page;
  EXPECT_NE(page.find("<a href=\"%3Cb%3E%26%22%27.txt\">&lt;b&gt;&amp;&quot;&#x27;.txt</a>"), page.npos)
      << page;
  EXPECT_NE(page.find("<a href=\"%E8%AE%A1%E7%AE%97%E6%9C%BA%E4%BA%94%E5%A4%A7.txt\">计算机五大.txt</a>"),
            page.npos);
  EXPECT_LT(page.find(">a.txt<"), page.find(">dir/<")) << "in the order of a dictionary";
  EXPECT_LT(page.find(">site/<"), page.find(">Zeta<"));
  EXPECT_NE(client.get("/dir/").body.find("Directory listing for /dir/"), page.npos);
}

TEST_F(SimpleHandler, prefers_an_index_page) {
  HttpClient client = connect();
  const Answer answer = client.get("/site/");
  EXPECT_EQ(answer.field("Content-Type"), "text/html");  // it says itself how it is encoded
  EXPECT_EQ(answer.body, "<p>index");
}

// Who has an index page wants no list, though the page cannot be had.
TEST_F(SimpleHandler, lists_nothing_in_place_of_an_index_page) {
  fs::create_directory(root() + "/linked");
  fs::create_symlink(beside("secret"), root() + "/linked/index.html");
  put("linked/hidden.txt", "");
  EXPECT_EQ(connect().get("/linked/").body.find("hidden"), std::string::npos);
}

TEST_F(SimpleHandler, redirects_to_directories) {
  fs::create_directory(root() + "/a b");
  HttpClient client = connect();
  EXPECT_EQ(client.get("/dir?x=y").status, 301);
  EXPECT_EQ(client.get("/dir?x=y").field("Location"), "/dir/?x=y");
  EXPECT_EQ(client.get("/a%20b").field("Location"), "/a%20b/");
  EXPECT_EQ(client.get("//dir").field("Location"), "/dir/") << "//dir/ would be another host";
}

TEST_F(SimpleHandler, says_what_is_not_there) {
  HttpClient client = connect();
  for (const char* path :
       {"/none", "/a.txt/", "/a.txt/b", "/dir/b.txt/", "/..%2fsecret", "/a.txt%00", "/%2fetc"})
    EXPECT_EQ(client.get(path).status, 404) << path;
  EXPECT_EQ(client.get("/" + std::string(300, 'a')).status, 404);
  for (const char* path : {"/../secret", "/%2e%2e/secret", "/dir/../../secret", "/%zz"})
    EXPECT_EQ(client.get(path).status, 400) << path;
  EXPECT_EQ(client.get("/dir/../a.txt").status, 200);
}

class SymbolicLinks : public SimpleHandler {
 protected:
  SymbolicLinks() {
    fs::create_symlink(beside("secret"), root() + "/file_link");
    fs::create_symlink("..", root() + "/directory_link");
    fs::create_symlink("a.txt", root() + "/inner_link");
  }
};

TEST_F(SymbolicLinks, lead_nowhere) {
  HttpClient client = connect();
  for (const char* path : {"/file_link", "/directory_link/", "/directory_link/secret", "/inner_link"})
    EXPECT_EQ(client.get(path).status, 404) << path;
  EXPECT_EQ(client.get("/").body.find("link"), std::string::npos) << "what cannot be opened is not listed";
}

TEST_F(SymbolicLinks, lead_outside_where_they_are_followed) {
  HttpClient following = connect(DocumentRoot::Links::kFollow);
  EXPECT_EQ(following.get("/file_link").body, "secret");
  EXPECT_EQ(following.get("/directory_link/secret").body, "secret");
  EXPECT_EQ(following.get("/../secret").status, 400);
  EXPECT_NE(following.get("/").body.find(">directory_link/<"), std::string::npos);
}

TEST_F(SimpleHandler, does_not_hang_on_what_is_no_file) {
  ASSERT_EQ(::mkfifo((root() + "/pipe").c_str(), 0600), 0);
  Socket socket(AF_UNIX, SOCK_STREAM);
  socket.bind(root() + "/socket");
  HttpClient client = connect();
  EXPECT_EQ(client.get("/pipe").status, 403);
  EXPECT_EQ(client.get("/socket").status, 403);
}

// The end of a reader, whom it took for its own, would be a broken pipe.
TEST_F(SimpleHandler, leaves_the_writer_of_a_pipe_waiting) {
  const std::string pipe = root() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::atomic<bool> opened{false};
  std::thread writer([&] {
    const Fd end(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
    opened = true;
  });
  for (const auto links : {DocumentRoot::Links::kRefuse, DocumentRoot::Links::kFollow}) {
    HttpClient client = connect(links);
    for (int i = 0; i < 100 && !opened; ++i) EXPECT_EQ(client.get("/pipe").status, 403);
  }
  EXPECT_FALSE(opened);
  const Fd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // lets the writer go
  writer.join();
}

TEST_F(SimpleHandler, refuses_what_may_not_be_read) {
  put("closed", "x");
  fs::permissions(root() + "/closed", fs::perms::none);
  if (!permissions_count(root() + "/closed")) return;
  EXPECT_EQ(connect().get("/closed").status, 403);
}

TEST_F(SimpleHandler, knows_two_methods) {
  HttpClient client = connect();
  const Answer answer = client.post("/a.txt", "x");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(client.ask("BREW", "/a.txt").status, 501);
}

TEST_F(SimpleHandler, takes_a_directory_by_its_name) {
  Serving<ThreadingHTTPServer> serving(Address("127.0.0.1", 0), handler<SimpleHTTPRequestHandler>(root()));
  EXPECT_EQ(HttpClient(serving.start().address()).get("/dir/b.txt").body, "b");
  EXPECT_THROW(SimpleHTTPRequestHandler(root() + "/none"), FileNotFoundError);
}

// As builds of web sites do all the time.
TEST_F(SimpleHandler, serves_a_directory_that_was_made_anew) {
  HttpClient client = connect();
  EXPECT_EQ(client.get("/a.txt").body, "0123456789");
  fs::remove_all(root());
  EXPECT_EQ(client.get("/a.txt").status, 404);
  fs::create_directory(root());
  put("new.txt", "new");
  EXPECT_NE(client.get("/").body.find(">new.txt<"), std::string::npos);
  EXPECT_EQ(client.get("/new.txt").body, "new");
  EXPECT_EQ(client.get("/a.txt").status, 404);
  EXPECT_EQ(client.get("/../secret").status, 400);
}

TEST_F(SimpleHandler, serves_what_was_put_in_the_directorys_place) {
  HttpClient client = connect();
  EXPECT_EQ(client.get("/a.txt").body, "0123456789");
  fs::rename(root(), beside("old"));
  EXPECT_EQ(client.get("/a.txt").body, "0123456789") << "the only one that there is";
  fs::create_directory(beside("next"));
  std::ofstream(beside("next/a.txt")) << "changed";
  fs::rename(beside("next"), root());
  EXPECT_TRUE(eventually([&] { return client.get("/a.txt").body == "changed"; }));
}

// What a directory with many names gives is still one page.
TEST_F(SimpleHandler, lists_many_files) {
  for (int i = 0; i < 500; ++i)
    put("dir/inner/a rather long name of a file, number " + std::to_string(i), "");
  const std::string page = connect().get("/dir/inner/").body;
  EXPECT_NE(page.find("number 499</a>"), page.npos);
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

struct ShortListings : SimpleHTTPRequestHandler {
  explicit ShortListings(const std::string& directory) : SimpleHTTPRequestHandler(directory) {
    max_listed = 3;
  }
};

TEST_F(SimpleHandler, says_that_a_listing_is_not_whole) {
  Serving<ThreadingHTTPServer> serving(Address("127.0.0.1", 0), handler<ShortListings>(root()));
  HttpClient client(serving.start().address());
  put("dir/c.txt", "");
  EXPECT_EQ(client.get("/dir/inner/").body.find("more"), std::string::npos);
  const auto names = [&](const std::string& page) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = page.find("<li>", at)) != page.npos; ++at) ++count;
    return count;
  };
  const std::string whole = client.get("/").body;  // a.txt, dir, site
  EXPECT_EQ(names(whole), 3u);
  EXPECT_EQ(whole.find("more"), whole.npos) << whole;
  const std::string cut = client.get("/dir/").body;
  EXPECT_EQ(names(cut), 3u);
  EXPECT_NE(cut.find("<p>There are more than these 3.</p>"), cut.npos) << cut;
}

}  // namespace
}  // namespace socketserver::testing
