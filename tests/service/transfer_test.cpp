// What an upload server is asked beside taking files, as a client sees it: files, listings, directories, and
// going on where a connection broke.
#include <sys/stat.h>
#include <unistd.h>

#include "service/upload_fixture.hpp"
#include "socketserver/crypto/sha256.hpp"
#include "socketserver/service/download_client.hpp"
#include "socketserver/service/upload_client.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

std::string sha256_of(const std::string& bytes) { return Sha256(bytes).hexdigest(); }

/// A connection that speaks in JSON, one frame after the other.
class Peer {
 public:
  explicit Peer(Socket socket) : socket_(std::move(socket)), reader_(socket_) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void say(const Json& object, const std::string& bytes = "") {
    socket_.sendall(frame(object.dump()) + bytes);
  }
  std::string ask(const Json& object) {
    say(object);
    return hear().dump();
  }
  Json hear() { return Json::parse(read_frame(reader_, 65'536)); }
  std::string read(std::size_t size) { return reader_.read_exactly(size); }
  bool has_ended() { return reader_.read1(1).empty(); }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  Reader reader_;
};

Json get(const std::string& name) { return Json::object({{"cmd", "get"}, {"filename", name}}); }
Json get_path(const std::string& path) { return Json::object({{"cmd", "get"}, {"path", path}}); }
Json with(Json object, const std::string& key, Json value) {
  object.set(key, std::move(value));
  return object;
}
std::string error_of(const std::string& answer) { return Json::parse(answer).get_string("error"); }

/// A put that resumes.
Json resumed(const std::string& name, const std::string& bytes) {
  return with(with(header_of(name, bytes.size()), "sha256", sha256_of(bytes)), "resume", true);
}
std::string offer(std::size_t offset, const std::string& bytes) {
  return Json::object({{"offset", offset}, {"sha256", sha256_of(bytes.substr(0, offset))}}).dump();
}
Json at(std::int64_t offset) { return Json::object({{"offset", offset}}); }

/// Parameter: the model.
class Transfers : public UploadServer, public ::testing::WithParamInterface<std::string> {
 protected:
  void start(std::vector<std::string> options = {}) { UploadServer::start(GetParam(), std::move(options)); }
  Peer peer() { return Peer(connect()); }
  std::size_t kept() {
    const std::string directory = stored(".upload-part-kept");
    return std::filesystem::exists(directory) ? names_in(directory).size() : 0;
  }
  /// Sends the beginning of a file and vanishes; returns once that is kept.
  void break_off(const std::string& name, const std::string& bytes, std::size_t size) {
    {
      Peer broken = peer();
      EXPECT_EQ(broken.ask(resumed(name, bytes)), offer(0, bytes));
      broken.say(at(0), bytes.substr(0, size));
      broken.socket().shutdown(SHUT_WR);
      EXPECT_TRUE(broken.has_ended());
    }
  }
};

// ---- get ----

TEST_P(Transfers, GiveFilesBackOneAfterTheOther) {
  start();
  const std::string bytes = bytes_of(700'001);
  put(stored("a.txt"), "hello");
  put(stored("empty"), "");
  put(stored("large"), bytes);
  Peer client = peer();
  EXPECT_EQ(client.ask(get("some/where/a.txt")), R"({"ok": true, "filename": "a.txt", "filesize": 5})");
  EXPECT_EQ(client.read(5), "hello");
  EXPECT_EQ(client.ask(get("empty")), R"({"ok": true, "filename": "empty", "filesize": 0})");
  client.ask(get("large"));
  EXPECT_TRUE(client.read(bytes.size()) == bytes);
  client.ask(with(get("large"), "digest", "sha256"));
  EXPECT_TRUE(client.read(bytes.size()) == bytes);
  EXPECT_EQ(client.hear().dump(), Json::object({{"sha256", sha256_of(bytes)}}).dump());
  client.say(header_of("new", 3), "abc");
  EXPECT_TRUE(client.hear().get_bool("ok"));
  client.ask(get("new"));
  EXPECT_EQ(client.read(3), "abc");
}

TEST_P(Transfers, SayWhyAFileIsNotGiven) {
  start();
  put(beside("precious"), "precious");
  put(stored("file"), "");
  std::filesystem::create_directory(stored("directory"));
  std::filesystem::create_symlink(beside("precious"), stored("link"));
  std::filesystem::create_directory_symlink(beside(""), stored("way-out"));
  ASSERT_EQ(::mkfifo(stored("fifo").c_str(), 0600), 0);
  Peer client = peer();
  EXPECT_EQ(client.ask(get("none")),
            R"({"ok": false, "filename": "none", "filesize": 0, "error": "there is no such file"})");
  EXPECT_EQ(client.ask(get_path("directory/none")),
            R"({"ok": false, "filename": "none", "filesize": 0, "error": "there is no such file"})");
  EXPECT_EQ(client.ask(get("directory")),
            R"({"ok": false, "filename": "directory", "filesize": 0, "error": "it is a directory", )"
            R"("directory": true})");
  EXPECT_EQ(error_of(client.ask(get("link"))), "it is no regular file");
  EXPECT_EQ(error_of(client.ask(get("fifo"))), "it is no regular file");
  EXPECT_EQ(error_of(client.ask(get_path("way-out/precious"))), "way-out is no directory");
  EXPECT_EQ(error_of(client.ask(get_path("file/x"))), "file is no directory");
  for (const std::string& path : {"../precious"s, "/etc/passwd"s, "a//b"s, "a/"s, "./a"s, "a\0b"s, ""s,
                                  ".upload-part-kept/x"s, "a/../../precious"s})
    EXPECT_NE(error_of(client.ask(get_path(path))).find("name"), std::string::npos) << path;
}

TEST_P(Transfers, GoOnWithADownloadWhereTheClientHasTheSameBytes) {
  start();
  const std::string bytes = bytes_of(500'000), other = bytes_of(500'000, 1);
  put(stored("a"), bytes);
  const auto rest = [&](const std::string& have, std::size_t size) {
    return with(with(get("a"), "offset", size), "sha256", sha256_of(have.substr(0, size)));
  };
  Peer client = peer();
  EXPECT_EQ(client.ask(with(rest(bytes, 300'000), "digest", "sha256")),
            R"({"ok": true, "filename": "a", "filesize": 500000, "offset": 300000, "digest": "sha256"})");
  EXPECT_TRUE(client.read(200'000) == bytes.substr(300'000));
  EXPECT_EQ(client.hear().get_string("sha256"), sha256_of(bytes));
  EXPECT_EQ(Json::parse(client.ask(rest(bytes, 500'000))).get_int("offset"), 500'000);
  EXPECT_EQ(Json::parse(client.ask(rest(other, 300'000))).get_int("offset"), 0);
  EXPECT_TRUE(client.read(500'000) == bytes);
  EXPECT_EQ(Json::parse(client.ask(rest(bytes + "x", 500'001))).get_int("offset"), 0);
}

// Once nobody could end that: not its client, and the server did not end before it.
TEST_P(Transfers, HashNoLongerThanTheServerLives) {
  start({"--drain-timeout", "0.1"});
  constexpr std::uint64_t kHours = std::uint64_t{1} << 40;
  put(stored("a"), "");
  std::filesystem::resize_file(stored("a"), kHours);
  Peer client = peer();
  client.ask(get("none"));  // the server has us, and will read what is said next
  client.say(with(with(get("a"), "offset", kHours), "sha256", sha256_of("")));
  server().kill(SIGTERM);
  EXPECT_EQ(server().wait().status, 0);
}

// ---- ls ----

TEST_P(Transfers, TellWhatThereIs) {
  start();
  Peer client = peer();
  EXPECT_EQ(client.ask(Json::object({{"cmd", "ls"}})),
            R"({"ok": true, "files": [], "more": false, "left_out": 0})");
  std::filesystem::create_directories(stored("d/e"));
  put(stored("d/e/计.txt"), "hello");
  std::filesystem::create_symlink("a", stored("d/link"));
  put(stored("d/\xff"), "");
  put(stored(".upload-part-1"), "");
  const timeval time[] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimes(stored("d/e/计.txt").c_str(), time), 0);
  EXPECT_EQ(client.ask(Json::object({{"cmd", "ls"}})),
            R"({"ok": true, "files": [{"name": "d", "directory": true}], "more": false, "left_out": 0})");
  EXPECT_EQ(client.ask(Json::object({{"cmd", "ls"}, {"path", "d"}, {"recursive", true}})),
            R"({"ok": true, "files": [{"name": "e", "directory": true}, {"name": "e/\u8ba1.txt", "size": 5, )"
            R"("time": 1700000000}], "more": false, "left_out": 2})");
  EXPECT_EQ(error_of(client.ask(Json::object({{"cmd", "ls"}, {"path", "none"}}))),
            "there is no such directory");
  EXPECT_NE(error_of(client.ask(Json::object({{"cmd", "ls"}, {"path", ".."}}))), "");
}

TEST_P(Transfers, ListDirectoriesOfManyFilesPageByPage) {
  start();
  std::filesystem::create_directories(stored("d"));
  Names names;
  for (int i = 0; i < 1'000; ++i) {
    names.insert("d/" + std::string(100, 'x') + std::to_string(i));
    put(stored(*names.rbegin()), "");
  }
  names.clear();
  for (const std::string& name : names_in(stored("d"))) names.insert("d/" + name);
  Socket socket = connect();
  Reader reader(socket);
  DownloadClient client(socket, reader);
  const Listing listing = client.list(StorePath(), true);
  Names listed;
  for (const ListedFile& file : listing.files)
    if (!file.directory) listed.insert(file.path.text());
  EXPECT_EQ(listed, names);
}

// ---- directories ----

TEST_P(Transfers, PutFilesIntoDirectoriesOfTheStore) {
  start();
  Peer client = peer();
  const auto in = [](const std::string& path) { return with(header_of("c.txt", 5), "path", path); };
  client.say(in("a/b/c.txt"), "hello");
  EXPECT_EQ(client.hear().dump(), R"({"ok": true, "filename": "a/b/c.txt", "size": 5})");
  EXPECT_EQ(contents(stored("a/b/c.txt")), "hello");
  client.say(in("a/b"), "hello");
  EXPECT_EQ(client.hear().get_string("error"), "a directory has that name");
  client.say(in("a/b/c.txt/d"), "hello");
  EXPECT_EQ(client.hear().get_string("error"), "c.txt is no directory");
  EXPECT_EQ(names_in(stored()), Names{"a"});
}

TEST_P(Transfers, LeadNowhereElse) {
  start();
  std::filesystem::create_directories(beside("outside"));
  std::filesystem::create_directory_symlink(beside("outside"), stored("link"));
  Peer client = peer();
  std::string deep = "x";
  for (std::size_t i = 0; i <= StorePath::kDeepest; ++i) deep += "/x";
  for (const std::string& path :
       {"../outside/c.txt"s, "link/c.txt"s, "/etc/c.txt"s, "a/../../outside/c.txt"s, "a//c.txt"s, "a/"s, "."s,
        ".upload-part-kept/c.txt"s, "a\0/c.txt"s, "a\n/c.txt"s, deep, std::string(5'000, 'x')}) {
    client.say(with(header_of("c.txt", 5), "path", path), "hello");
    EXPECT_FALSE(client.hear().get_bool("ok")) << path;
  }
  EXPECT_EQ(names_in(beside("outside")), Names{});
  EXPECT_EQ(names_in(stored()), Names{"link"});
}

// A directory was made before it was known whether there will be a file for it.
TEST_P(Transfers, LeaveNoDirectoriesOfWhatDoesNotCome) {
  start();
  send_all(connect(), upload(with(header_of("c.txt", 5), "path", "a/b/c.txt").dump(), "hell"));
  EXPECT_EQ(names_in(stored()), Names{});
}

// ---- digests ----

TEST_P(Transfers, CheckTheSha256OfWhatComes) {
  start();
  put(stored("a"), "old");
  Peer client = peer();
  client.say(with(header_of("a", 5), "sha256", sha256_of("hellO")), "hello");
  EXPECT_EQ(client.hear().get_string("error"),
            "the SHA-256 of what came is " + sha256_of("hello") + ", not " + sha256_of("hellO"));
  EXPECT_EQ(contents(stored("a")), "old");
  client.say(with(header_of("a", 5), "sha256", sha256_of("hello")), "hello");
  EXPECT_TRUE(client.hear().get_bool("ok"));
  EXPECT_EQ(contents(stored("a")), "hello");
}

// ---- uploads that go on ----

TEST_P(Transfers, GoOnWithAnUploadThatBrokeOff) {
  start();
  const std::string bytes = bytes_of(500'000);
  put(stored("a"), "old");
  break_off("a", bytes, 200'000);
  EXPECT_EQ(contents(stored("a")), "old");
  Peer client = peer();
  EXPECT_EQ(client.ask(resumed("a", bytes)), offer(200'000, bytes));
  client.say(at(200'000), bytes.substr(200'000));
  EXPECT_EQ(client.hear().dump(), R"({"ok": true, "filename": "a", "size": 500000})");
  EXPECT_TRUE(contents(stored("a")) == bytes);
  EXPECT_EQ(names_in(stored()), Names{"a"});
  client.say(header_of("b", 1), "b");  // what follows is served
  EXPECT_TRUE(client.hear().get_bool("ok"));
}

TEST_P(Transfers, GoOnAfterTheServerWasKilled) {
  start();
  const std::string bytes = bytes_of(100'000);
  Peer broken = peer();
  broken.ask(resumed("d", bytes));
  broken.say(at(0), bytes.substr(0, 60'000));
  ASSERT_TRUE(eventually([&] {
    for (const auto& entry : std::filesystem::directory_iterator(stored(".upload-part-kept")))
      if (entry.file_size() == 60'000) return true;
    return false;
  }));
  ::kill(-server().pid(), SIGKILL);
  server().wait();
  start();
  std::optional<Peer> client;
  EXPECT_TRUE(eventually([&] {  // a child that is not ours may let go of the lock a little later
    client.reset();
    client.emplace(connect());
    return client->ask(resumed("d", bytes)) == offer(60'000, bytes);
  }));
  client->say(at(60'000), bytes.substr(60'000));
  EXPECT_TRUE(client->hear().get_bool("ok"));
  EXPECT_TRUE(contents(stored("d")) == bytes);
}

TEST_P(Transfers, BeginAnewWhereTheClientSaysSo) {
  start();
  const std::string bytes = bytes_of(10'000);
  break_off("a", bytes, 5'000);
  Peer client = peer();
  client.ask(resumed("a", bytes));
  client.say(at(0), bytes);
  EXPECT_TRUE(client.hear().get_bool("ok"));
  EXPECT_TRUE(contents(stored("a")) == bytes);
}

TEST_P(Transfers, GoOnOnlyWithWhatBelongsTogether) {
  start();
  const std::string bytes = bytes_of(10'000), other = bytes_of(10'000, 1);
  break_off("a", bytes, 5'000);
  Peer client = peer();
  EXPECT_EQ(client.ask(resumed("a", other)), offer(0, other));
  client.say(at(0), other);
  EXPECT_TRUE(client.hear().get_bool("ok"));
  EXPECT_EQ(client.ask(resumed("b", bytes)), offer(0, bytes));
  client.say(at(0), bytes);
  EXPECT_TRUE(client.hear().get_bool("ok"));
  EXPECT_EQ(client.ask(resumed("a", bytes)), offer(5'000, bytes));
}

TEST_P(Transfers, KeepNothingOfAWrongDigestNorOfAFileThatDoesNotAskForIt) {
  start();
  const std::string bytes = bytes_of(10'000);
  {
    Peer client = peer();
    client.ask(resumed("a", bytes));
    client.say(at(0), bytes_of(10'000, 1));
    EXPECT_FALSE(client.hear().get_bool("ok"));
    EXPECT_EQ(kept(), 0u);
  }
  send_all(connect(), upload(with(header_of("a", 5), "sha256", sha256_of("hello")).dump(), "hell"));
  EXPECT_EQ(kept(), 0u);
}

TEST_P(Transfers, EndTheConnectionOfWhoGoesOnWhereNobodyIs) {
  start();
  const std::string bytes = bytes_of(10'000);
  break_off("a", bytes, 5'000);
  for (const Json& odd : {at(4'999), at(5'001), at(-1), at(INT64_MAX), Json::object(), Json::array()}) {
    Peer client = peer();
    client.ask(resumed("a", bytes));
    client.say(odd, bytes);
    EXPECT_TRUE(client.has_ended()) << odd.dump();
  }
  Peer client = peer();
  EXPECT_EQ(client.ask(resumed("a", bytes)), offer(5'000, bytes));
}

TEST_P(Transfers, RefuseToResumeBeforeAnythingIsSent) {
  start({"--max-file-size", "5"});
  Peer client = peer();
  EXPECT_FALSE(Json::parse(client.ask(resumed("..", "hello"))).get_bool("ok"));
  EXPECT_FALSE(Json::parse(client.ask(resumed("a", "123456"))).get_bool("ok"));
  EXPECT_EQ(client.ask(resumed("a", "hello")), offer(0, "hello"));
  client.say(at(0), "hello");
  EXPECT_TRUE(client.hear().get_bool("ok"));
}

TEST_P(Transfers, KeepNothingWhereThatIsNotWanted) {
  start({"--keep-parts", "0"});
  const std::string bytes = bytes_of(10'000);
  break_off("a", bytes, 5'000);
  EXPECT_EQ(peer().ask(resumed("a", bytes)), offer(0, bytes));
  EXPECT_EQ(kept(), 0u);
}

TEST_P(Transfers, EndTheConnectionOfRequestsThatAreNone) {
  start();
  const std::string bad[] = {R"({"cmd": "get"})",
                             R"({"cmd": "get", "filename": 5})",
                             R"({"cmd": "get", "filename": "a", "offset": -1})",
                             R"({"cmd": "get", "filename": "a", "offset": 5})",
                             R"({"cmd": "get", "filename": "a", "offset": 5, "sha256": "beef"})",
                             R"({"cmd": "get", "filename": "a", "digest": "crc"})",
                             R"({"cmd": "ls", "path": 5})",
                             R"({"cmd": "ls", "recursive": "yes"})",
                             R"({"cmd": "put", "filename": "a", "filesize": 5, "resume": true})",
                             R"({"cmd": "put", "filename": "a", "filesize": 5, "sha256": "beef"})",
                             R"({"cmd": 5})"};
  for (const std::string& request : bad) {
    Peer client = peer();
    client.socket().sendall(frame(request));
    EXPECT_TRUE(client.has_ended()) << request;
  }
  EXPECT_EQ(names_in(stored()), Names{});
}

// ---- what clients may do ----

TEST_P(Transfers, AreOnlyThoseThatAreAllowed) {
  start({"--allow", "put"});
  put(stored("a"), "secret");
  {
    Peer client = peer();
    EXPECT_EQ(error_of(client.ask(get("a"))), "this server gives no files away");
    EXPECT_EQ(error_of(client.ask(Json::object({{"cmd", "ls"}}))), "this server does not tell what it has");
  }
  start({"--allow", "get"});
  Peer client = peer();
  client.say(header_of("a", 5), "hello");
  EXPECT_EQ(client.hear().get_string("error"), "this server takes no files");
  client.ask(get("a"));
  EXPECT_EQ(client.read(6), "secret");
}

// ---- limits ----

TEST_P(Transfers, KeepToTheQuotaOfTheServer) {
  start({"--quota", "1000"});
  Peer client = peer();
  const auto answer = [&](const std::string& name, std::size_t size) {
    client.say(header_of(name, size), bytes_of(size));
    const Json reply = client.hear();
    return reply.get_bool("ok") ? "ok" : reply.get_string("error");
  };
  EXPECT_EQ(answer("a", 600), "ok");
  EXPECT_EQ(answer("b", 401), "the quota of the server has no room for it: of 1000 bytes 400 are left");
  EXPECT_EQ(answer("b", 400), "ok");
  EXPECT_EQ(answer("c", 1), "the quota of the server has no room for it: of 1000 bytes 0 are left");
  EXPECT_EQ(answer("c", 0), "ok");
}

TEST_P(Transfers, GiveQuotaBackThatIsNotUsed) {
  start({"--quota", "1000", "--max-files", "2"});
  const auto stores = [&](const std::string& name, std::size_t size) {
    Peer client = peer();
    client.say(header_of(name, size), bytes_of(size));
    return client.hear().get_bool("ok");
  };
  send_all(connect(), upload(header_of("a", 1'000).dump(), bytes_of(999)));
  EXPECT_TRUE(stores("a", 400));
  EXPECT_TRUE(stores("a", 500));  // in the old one's place, once it is there
  EXPECT_TRUE(stores("b", 500));
  EXPECT_FALSE(stores("c", 0)) << "over two files";
  EXPECT_TRUE(stores("b", 0));
}

TEST_P(Transfers, KeepToTheQuotaOfAClient) {
  start({"--client-quota", "1000"});
  const auto answer = [&](std::size_t size) {
    Peer client = peer();
    client.say(header_of("a", size), bytes_of(size));
    const Json reply = client.hear();
    return reply.get_bool("ok") ? "ok" : reply.get_string("error");
  };
  EXPECT_EQ(answer(600), "ok");
  EXPECT_EQ(answer(401), "your quota has no room for it: of 1000 bytes a day 400 are left");
  EXPECT_EQ(answer(300), "ok");
  const std::string bytes = bytes_of(100);
  break_off("b", bytes, 60);
  {
    Peer client = peer();
    EXPECT_EQ(client.ask(resumed("b", bytes)), offer(60, bytes));
    client.say(at(60), bytes.substr(60));
    EXPECT_TRUE(client.hear().get_bool("ok"));
  }
  EXPECT_EQ(answer(1), "your quota has no room for it: of 1000 bytes a day 0 are left");
}

INSTANTIATE_TEST_SUITE_P(AllModels, Transfers, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

/// Of models that serve several clients at a time.
class TransfersSideBySide : public Transfers {};

TEST_P(TransfersSideBySide, OfOneUploadGoOnOnceAndBeginAnewTheOtherTime) {
  start();
  const std::string bytes = bytes_of(10'000);
  break_off("a", bytes, 5'000);
  Peer one = peer(), other = peer();
  EXPECT_EQ(one.ask(resumed("a", bytes)), offer(5'000, bytes));
  EXPECT_EQ(other.ask(resumed("a", bytes)), offer(0, bytes));
  other.say(at(0), bytes);
  EXPECT_TRUE(other.hear().get_bool("ok"));
  one.say(at(5'000), bytes.substr(5'000));
  EXPECT_TRUE(one.hear().get_bool("ok"));
  EXPECT_TRUE(contents(stored("a")) == bytes);
}

TEST_P(TransfersSideBySide, ShareTheQuota) {
  start({"--quota", "1000"});
  Peer one = peer(), other = peer();
  one.say(header_of("a", 600), bytes_of(100));
  ASSERT_TRUE(eventually([&] {
    const Names parts = names_in(stored());
    return parts.size() == 1 && std::filesystem::file_size(stored(*parts.begin())) == 100;
  }));
  other.say(header_of("b", 500), bytes_of(500));
  EXPECT_FALSE(other.hear().get_bool("ok"));
  one.socket().sendall(bytes_of(500));
  EXPECT_TRUE(one.hear().get_bool("ok"));
}

INSTANTIATE_TEST_SUITE_P(ConcurrentModels, TransfersSideBySide, ::testing::ValuesIn(kConcurrentModels),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
