// http_server and clients that others wrote: Python's http.client, curl, wrk, and a browser.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "support/models.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

namespace fs = std::filesystem;

class HttpPrograms : public ::testing::Test {
 protected:
  HttpPrograms() {
    fs::create_directories(root() + "/dir");
    put("a.txt", "0123456789");
    put("large.bin", std::string(3'000'000, 'x'));
    put("五大.txt", "five");
    put("dir/b.txt", "in the directory");
  }
  void put(const std::string& name, const std::string& bytes) {
    std::ofstream(root() + "/" + name, std::ios::binary) << bytes;
  }
  std::string root() const { return directory_ / "www"; }
  std::string beside(const std::string& name) const { return directory_ / name; }
  void start(const std::string& model) {
    server_ = std::make_unique<Program>(
        std::vector<std::string>{our_program("http_server"), "--port", "0", "--model", model, root()});
    address_ = server_->wait_until_listening();
  }
  std::string port() const { return std::to_string(address_.port()); }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + port() + path; }
  Program& server() { return *server_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Program> server_;
  Address address_;
};

class HttpPython : public HttpPrograms, public ::testing::WithParamInterface<std::string> {};

TEST_P(HttpPython, IsServed) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  start(GetParam());
  const Outcome client = run({*python, test_script("http/http_client.py"), "127.0.0.1", port()});
  EXPECT_EQ(client.out, "ok\n");
  EXPECT_EQ(client.err, "");
  server().kill(SIGTERM);
  const Outcome outcome = server().wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("\"GET /a.txt HTTP/1.1\" 206 3\n"), std::string::npos) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(AllModels, HttpPython, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

class HttpCurl : public HttpPrograms, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    if (!curl_) GTEST_SKIP() << "curl is not installed";
    start(GetParam());
  }
  std::string curl(std::vector<std::string> options) {
    options.insert(options.begin(), {*curl_, "-sS", "--noproxy", "*"});
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  /// The status, how many connections it took, and how often it was redirected.
  static constexpr char kFormat[] = "%{http_code} %{num_connects} %{num_redirects}\n";

 private:
  const std::optional<std::string> curl_ = find_program("curl");
};

TEST_P(HttpCurl, IsServed) {
  EXPECT_EQ(curl({url("/a.txt"), url("/dir/b.txt")}), "0123456789in the directory");
  EXPECT_EQ(curl({"-w", kFormat, url("/a.txt"), url("/none"), url("/a.txt"), "-o", "/dev/null", "-o",
                  "/dev/null", "-o", "/dev/null"}),
            "200 1 0\n404 0 0\n200 0 0\n")
      << "over one connection";
  EXPECT_EQ(curl({"-L", "-o", "/dev/null", "-w", kFormat, url("/dir")}), "200 1 1\n");
  EXPECT_NE(curl({"-I", url("/large.bin")}).find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_EQ(curl({"-r", "2-4", url("/a.txt")}), "234");
  EXPECT_EQ(curl({"-r", "-1", "--http1.0", url("/a.txt")}), "9");
  EXPECT_EQ(curl({"-z", root() + "/a.txt", "-o", "/dev/null", "-w", "%{http_code}", url("/a.txt")}), "304");
  EXPECT_EQ(curl({"--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", url("/../a.txt")}), "400");
  // With 3 MB it waits for "100 Continue".
  EXPECT_EQ(curl({"-T", root() + "/large.bin", "-o", "/dev/null", "-w", "%{http_code}", url("/new")}), "405");
  EXPECT_EQ(curl({"-d", "x=y", "-H", "Transfer-Encoding: chunked", "-o", "/dev/null", "-w", "%{http_code}",
                  url("/a.txt")}),
            "405");
  EXPECT_EQ(curl({"-X", "BREW", "-o", "/dev/null", "-w", "%{http_code}", url("/")}), "501");
}

TEST_P(HttpCurl, ResumesABrokenDownload) {
  const std::string path = beside("part");
  std::ofstream(path) << std::string(1'000'000, 'x');
  curl({"-C", "-", "-o", path, url("/large.bin")});
  EXPECT_EQ(fs::file_size(path), 3'000'000u);
}

INSTANTIATE_TEST_SUITE_P(AllModels, HttpCurl, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

class HttpWrk : public HttpPrograms, public ::testing::WithParamInterface<std::string> {};

// Which says what went wrong only where something did.
TEST_P(HttpWrk, IsServed) {
  const auto wrk = find_program("wrk");
  if (!wrk) GTEST_SKIP() << "wrk is not installed";
  put("1k.bin", std::string(1024, 'x'));
  start(GetParam());
  const Outcome load = run({*wrk, "-t", "1", "-c", "16", "-d", "1s", "--timeout", "60s", url("/1k.bin")});
  EXPECT_EQ(load.status, 0) << load.err;
  EXPECT_EQ(load.out.find("Socket errors"), std::string::npos) << load.out;
  EXPECT_EQ(load.out.find("Non-2xx"), std::string::npos) << load.out;
  const std::size_t count = load.out.find(" requests in ");
  ASSERT_NE(count, std::string::npos) << load.out;
  EXPECT_GT(std::stoul(load.out.substr(load.out.rfind('\n', count) + 1)), 0u) << load.out;
}

INSTANTIATE_TEST_SUITE_P(Models, HttpWrk, ::testing::Values("fiber", "threading"),
                         [](const auto& one) { return name_of(one.param); });

// ---- a browser ----

// A bitmap of 2 x 1 pixels, of three bytes each and two for the sake of alignment.
std::string picture() {
  using namespace std::string_literals;
  return "BM\x3E\0\0\0\0\0\0\0\x36\0\0\0"s
         "\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s
         "\xFF\0\0\0\xFF\0\0\0"s;
}

// A page that goes through the others in a frame as a person would, and writes down what it sees.
const char kVisitor[] = R"(<!DOCTYPE html><meta charset="utf-8"><ol id="seen"></ol><script>
const seen = text => { const item = document.createElement("li"); item.textContent = text;
                       document.getElementById("seen").append(item); };
const frame = document.createElement("iframe");
const loaded = () => new Promise(done => frame.addEventListener("load", done, {once: true}));
const page = () => frame.contentDocument;
const follow = async text => {
  const link = [...page().links].find(each => each.textContent == text);
  const next = loaded(); link.click(); await next;
};
(async () => {
  let next = loaded(); frame.src = "/"; document.body.append(frame); await next;
  seen("listing " + page().title + ": " + [...page().links].map(each => each.textContent).join(" "));
  await follow("dir/");
  seen("followed " + decodeURI(frame.contentWindow.location.pathname) + " " + page().title);
  await follow("b.txt");
  seen("text " + page().body.textContent);
  next = loaded(); frame.src = "/"; await next;
  await follow("五大 <i>.txt");
  seen("UTF-8 " + decodeURI(frame.contentWindow.location.pathname) + " " + page().body.textContent);
  const picture = new Image(); picture.src = "/picture.bmp"; await picture.decode();
  seen("picture " + picture.naturalWidth + " x " + picture.naturalHeight);
  seen("the end");
})().catch(error => seen("failed: " + error));
</script>)";

TEST_F(HttpPrograms, AreShownByABrowser) {
  const auto chromium = find_program("chromium");
  if (!chromium) GTEST_SKIP() << "chromium is not installed";
  put("picture.bmp", picture());
  put("五大 <i>.txt", "fünf");
  put("visitor.html", kVisitor);
  start("fiber");
  const Outcome browser =
      run({*chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--no-proxy-server", "--virtual-time-budget=60000", "--user-data-dir=" + beside("profile"),
           "--dump-dom", url("/visitor.html")});
  const auto saw = [&](const std::string& text) {
    EXPECT_NE(browser.out.find("<li>" + text + "</li>"), std::string::npos) << text << "\nin " << browser.out;
  };
  saw("listing Directory listing for /: a.txt dir/ large.bin picture.bmp visitor.html 五大 &lt;i&gt;.txt "
      "五大.txt");
  saw("followed /dir/ Directory listing for /dir/");
  saw("text in the directory");
  saw("UTF-8 /五大 &lt;i&gt;.txt fünf");
  saw("picture 2 x 1");
  saw("the end");
}

}  // namespace
}  // namespace socketserver::testing
