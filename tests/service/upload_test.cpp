// The upload service as a client sees it: what is stored, what is refused, and what a broken upload leaves.
#include "socketserver/service/upload.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "service/upload_fixture.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/md5_pipe.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

/// Parameter: the model.
class Uploads : public UploadServer, public ::testing::WithParamInterface<std::string> {
 protected:
  void start(std::vector<std::string> options = {}) { UploadServer::start(GetParam(), std::move(options)); }
  bool refuses_clients() {
    try {
      connect();
      return false;
    } catch (const ConnectionError&) {
      return true;
    }
  }
};

// ---- what is stored ----

TEST_P(Uploads, OfAllThreeFormsAreStoredAndNotAnswered) {
  start();
  const std::string bytes = bytes_of(100'000);
  const std::string all =
      upload(R"({"cmd": "put", "filename": "\u8ba1\u7b97\u673a\u4e94\u5927.txt", "filesize": 5})", "hello") +
      upload(R"({"file_name": "b.txt", "file_size": 0, "msg": "for you"})", "") +
      upload(R"({"file_name": "/a/b/c/d/e/a.txt", "file_size": 100000, "md5": ")" + md5_of(bytes) + "\"}",
             bytes);
  EXPECT_EQ(send_all(connect(), all), "");
  EXPECT_EQ(contents(stored("计算机五大.txt")), "hello");
  EXPECT_EQ(contents(stored("b.txt")), "");
  EXPECT_TRUE(contents(stored("a.txt")) == bytes);
  EXPECT_EQ(names_in(stored()), (Names{"计算机五大.txt", "b.txt", "a.txt"}));
}

TEST_P(Uploads, AreAnsweredWhereTheHeaderAsksForIt) {
  start();
  Socket client = connect();
  client.sendall(upload_of("some/where/a.txt", "hello"));
  EXPECT_EQ(read_reply(client).dump(), R"({"ok": true, "filename": "a.txt", "size": 5})");
  EXPECT_EQ(contents(stored("a.txt")), "hello");
}

TEST_P(Uploads, ArriveWholeHoweverTheyAreCut) {
  start();
  Socket client = connect();
  for (const char byte : upload_of("a.txt", "hello")) client.sendall({&byte, 1});
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_EQ(contents(stored("a.txt")), "hello");
}

TEST_P(Uploads, OfSeveralBlocksAreStored) {
  start();
  const std::string bytes = bytes_of(3 * UploadHandler::kBlockSize + 1);
  Socket client = connect();
  client.sendall(upload_of("a", bytes) + checked_upload("b", bytes, md5_of(bytes)));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_TRUE(contents(stored("a")) == bytes);
  EXPECT_TRUE(contents(stored("b")) == bytes);
}

TEST_P(Uploads, WithADigestInCapitalsAreStored) {
  start();
  send_all(connect(), checked_upload("a.txt", "hello", "5D41402ABC4B2A76B9719D911017C592"));
  EXPECT_EQ(contents(stored("a.txt")), "hello");
}

TEST_P(Uploads, ReplaceAnOlderFile) {
  start();
  put(stored("a.txt"), "old and longer");
  send_all(connect(), upload_of("a.txt", "new"));
  EXPECT_EQ(contents(stored("a.txt")), "new");
}

TEST_P(Uploads, AreLoggedWithTheirMessageOnceTheyAreWhole) {
  start();
  const std::string object = R"({"file_name": "a.txt", "file_size": 5, "msg": "for you\n\u001b[2J"})";
  send_all(connect(), upload(object, "hell"));
  Socket whole = connect();
  const std::string name = whole.getsockname().to_string();
  send_all(std::move(whole), upload(object, "hello"));
  const std::string lines = log();
  const std::size_t stored = lines.find(name + " stored a.txt, 5 bytes in ");
  ASSERT_NE(stored, lines.npos) << lines;
  EXPECT_NE(lines.find(R"( s: for you\x0a\x1b[2J)", stored), lines.npos) << lines;
  EXPECT_EQ(lines.find("for you"), lines.rfind("for you")) << lines;
}

TEST_P(Uploads, InProgressFinishWhenTheServerIsAskedToEnd) {
  start({"--drain-timeout", "60"});
  Socket client = connect();
  const std::string all = upload_of("a.txt", "hello");
  client.sendall(all.substr(0, all.size() - 3));
  ASSERT_TRUE(eventually([&] { return names_in(stored()).size() == 1; }));
  server().kill(SIGTERM);
  EXPECT_TRUE(drains_in_the_loop(GetParam()) || eventually([&] { return refuses_clients(); }));
  client.sendall(all.substr(all.size() - 3));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  client.close();
  EXPECT_EQ(server().wait().status, 0);
  EXPECT_EQ(contents(stored("a.txt")), "hello");
}

// ---- what is refused, while what follows is served ----

TEST_P(Uploads, WithAWrongDigestLeaveTheOldFile) {
  start();
  put(stored("a"), "old");
  const std::string large = bytes_of(3 * Md5Pipe::kWorthAThread), wrong(32, '0');
  Socket client = connect();
  for (const std::string& bytes : {"hello"s, ""s, large}) {
    client.sendall(checked_upload("a", bytes, wrong) + checked_upload("new", bytes, wrong));
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(read_reply(client).dump(),
                Json::object(
                    {{"ok", false}, {"error", "the MD5 of what came is " + md5_of(bytes) + ", not " + wrong}})
                    .dump());
  }
  client.sendall(checked_upload("b", large, md5_of(large)));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_EQ(contents(stored("a")), "old");
  EXPECT_EQ(names_in(stored()), (Names{"a", "b"}));
}

TEST_P(Uploads, WhoseNamesLeadOutsideAreRefused) {
  start();
  put(beside("precious"), "precious");
  Socket client = connect();
  for (const std::string& name : {""s, "."s, ".."s, "/"s, "a/.."s, "../precious/"s, "a\0b"s, "\0"s, "a\nb"s,
                                  std::string(256, 'x'), ".upload-part-1"s}) {
    client.sendall(upload_of(name, "hello"));
    const Json reply = read_reply(client);
    EXPECT_FALSE(reply.get_bool("ok")) << name;
    EXPECT_NE(reply.get_string("error").find("name"), std::string::npos) << reply.dump();
  }
  client.sendall(upload_of("../precious", "mine"));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_EQ(contents(beside("precious")), "precious");
  EXPECT_EQ(contents(stored("precious")), "mine");
  EXPECT_EQ(names_in(stored()), Names{"precious"});
  EXPECT_EQ(names_in(beside("")), (Names{"precious", "stored"}));
}

TEST_P(Uploads, OntoADirectoryAreRefused) {
  start();
  std::filesystem::create_directories(stored("a/b"));
  Socket client = connect();
  client.sendall(upload_of("a", "hello"));
  EXPECT_EQ(read_reply(client).get_string("error"), "a directory has that name");
  EXPECT_EQ(names_in(stored()), Names{"a"});
}

TEST_P(Uploads, OverTheSizeLimitAreRefusedAndSayWhy) {
  start({"--max-file-size", "5"});
  const std::string why = "the file is larger than 5 bytes";
  Socket client = connect();
  client.sendall(upload_of("a", "123456") + upload_of("b", "12345"));
  EXPECT_EQ(read_reply(client).get_string("error"), why);
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  client.sendall(upload(header_of("c", UploadHandler::kDiscardLimit + 1).dump(), "the beginning"));
  EXPECT_EQ(read_reply(client).get_string("error"), why);
  EXPECT_EQ(client.recv(1), "");  // no use in sending the rest
  EXPECT_EQ(names_in(stored()), Names{"b"});
}

// SIGXFSZ ended the server, and every upload with it.
TEST_P(Uploads, ThatFindTheDiskFullAreRefusedAndTheServerGoesOn) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{10'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  start();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  put(stored("a"), "old");
  Socket client = connect();
  client.sendall(upload_of("a", bytes_of(10'001)) + upload_of("b", bytes_of(10'000)));
  EXPECT_EQ(read_reply(client).get_string("error"), "write a: File too large");
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_EQ(contents(stored("a")), "old");
  EXPECT_TRUE(contents(stored("b")) == bytes_of(10'000));
  EXPECT_EQ(names_in(stored()), (Names{"a", "b"}));
}

// ---- what breaks off ----

TEST_P(Uploads, ThatBreakOffAnywhereLeaveTheOldFileAndNothingElse) {
  start();
  put(stored("a"), "old");
  const std::string all = upload_of("a", "hello");
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    EXPECT_EQ(send_all(connect(), all.substr(0, cut)), "") << cut;
    Socket client = connect();
    client.sendall(all.substr(0, cut));
    reset(client);
  }
  EXPECT_TRUE(eventually([&] { return names_in(stored()) == Names{"a"}; }));
  EXPECT_EQ(contents(stored("a")), "old");
  EXPECT_EQ(send_all(connect(), all), frame(R"({"ok": true, "filename": "a", "size": 5})"));
  EXPECT_EQ(contents(stored("a")), "hello");
}

TEST_P(Uploads, OfATerabyteThatNeverComesFillNoDisk) {
  start();
  constexpr std::int64_t kSize = 1'073'741'824'000;
  Socket client = connect();
  const Json header = Json::object({{"file_name", "a"}, {"file_size", kSize}, {"md5", std::string(32, 'a')}});
  client.sendall(upload(header.dump(), "hello"));
  ASSERT_TRUE(eventually([&] { return names_in(stored()).size() == 1; }));
  struct stat status;
  ASSERT_EQ(::stat(stored(*names_in(stored()).begin()).c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
  client.shutdown(SHUT_WR);
  EXPECT_EQ(read_all(client), "");
  EXPECT_EQ(names_in(stored()), Names{});
  EXPECT_NE(log().find("1073741823995 bytes before the end of a\n"), std::string::npos);
}

TEST_P(Uploads, ThatStopInTheMiddleEndAtTheirDeadline) {
  start({"--read-timeout", "0.05"});
  Socket client = connect();
  client.sendall(upload(header_of("a", 10).dump(), "hello"));
  EXPECT_EQ(client.recv(1), "");
  EXPECT_TRUE(eventually([&] { return names_in(stored()).empty(); }));
}

// Nothing answers such a client, so that the pause once counted as one in the middle of something.
TEST_P(Uploads, WithoutAnswersMayBeFarApart) {
  start({"--read-timeout", "0.1"});
  Socket client = connect();
  for (const std::string name : {"first", "second"}) {
    client.sendall(upload(Json::object({{"cmd", "put"}, {"filename", name}, {"filesize", 3}}).dump(), "abc"));
    EXPECT_TRUE(eventually([&] { return contents(stored(name)) == "abc"; })) << name;
    wait_any({}, Deadline::after(std::chrono::milliseconds(300)));  // the pause that matters
  }
}

TEST_P(Uploads, OfADeadServerAreSweptByTheNextAndThoseOfALivingOneAreNot) {
  start();
  Socket dead = connect();
  dead.sendall(upload(header_of("a", 10).dump(), "hello"));
  ASSERT_TRUE(eventually([&] { return names_in(stored()).size() == 1; }));
  const std::string part = *names_in(stored()).begin();
  EXPECT_NE(part, "a");
  kill_all();
  EXPECT_EQ(names_in(stored()), Names{part});
  start();
  EXPECT_EQ(names_in(stored()), Names{});
  Socket living = connect();
  living.sendall(upload(header_of("b", 10).dump(), "hello"));
  ASSERT_TRUE(eventually([&] { return names_in(stored()).size() == 1; }));
  Program another({our_program("upload_server"), "--port", "0", "--directory", stored()});
  another.wait_until_listening();
  living.sendall(" you!");
  EXPECT_TRUE(read_reply(living).get_bool("ok"));
  EXPECT_EQ(contents(stored("b")), "hello you!");
}

// ---- what nobody may send ----

TEST_P(Uploads, WithHeadersThatAreNoneEndTheConnection) {
  start();
  const std::string header = R"({"filename": "a", )", deep(20'000, '[');
  const std::string bad[] = {
      pack_i32(-1) + "{}",
      pack_i32(1 << 30) + "{}",
      frame(""),
      frame("[]"),
      frame("{\"filename\""),
      frame(deep),
      frame(header + R"("filesize": 5, "x": )" + deep + std::string(20'000, ']') + "}"),
      frame(header + R"("filesize": -1})"),
      frame(header + R"("filesize": 5.5})"),
      frame(header + R"("filesize": "5"})"),
      frame(header + R"("filesize": 99999999999999999999})"),
      frame(header + R"("filesize": 5, "filesize": 6})"),
      frame(header + R"("filesize": 5, "file_size": 6})"),
      frame(header + R"("filesize": 5, "md5": "beef"})"),
      frame(header + R"("filesize": 5, "cmd": "delete"})"),
      frame(R"({"filename": "\ud800", "filesize": 5})"),
      frame("{\"filename\": \"\xff\", \"filesize\": 5}"),
      frame(R"({"filesize": 5})"),
  };
  std::string names;
  for (const std::string& bytes : bad) {
    Socket client = connect();
    names += client.getsockname().to_string() + "\n";
    client.sendall(bytes);
    EXPECT_EQ(client.recv(1), "") << bytes.substr(0, 100);
  }
  EXPECT_EQ(send_all(connect(), upload_of("b", "x")), frame(R"({"ok": true, "filename": "b", "size": 1})"));
  EXPECT_EQ(names_in(stored()), Names{"b"});
  const std::string lines = log();
  std::size_t errors = 0;
  for (std::size_t at = 0; (at = lines.find("request from ", at)) != std::string::npos; ++at) ++errors;
  EXPECT_EQ(errors, std::size(bad)) << lines;
}

INSTANTIATE_TEST_SUITE_P(AllModels, Uploads, ::testing::ValuesIn(kAllModels),
                         [](const auto& one) { return name_of(one.param); });

// ---- several clients at once ----

class UploadsSideBySide : public Uploads {};

TEST_P(UploadsSideBySide, OfOneNameLeaveOneOfTheFilesWhole) {
  start();
  const std::array<std::string, 2> versions{bytes_of(300'000, 1), bytes_of(200'000, 2)};
  for (int round = 0; round < 10; ++round) {
    std::array<Socket, 2> clients{connect(), connect()};
    for (std::size_t i = 0; i < 2; ++i)
      clients[i].sendall(upload(header_of("a", versions[i].size()).dump(), versions[i].substr(0, 100'000)));
    ASSERT_TRUE(eventually([&] { return names_in(stored()).size() == (round == 0 ? 2 : 3); }));
    for (std::size_t i = 0; i < 2; ++i) clients[i].sendall(versions[i].substr(100'000));
    for (Socket& client : clients) EXPECT_TRUE(read_reply(client).get_bool("ok"));
    const std::string winner = contents(stored("a"));
    EXPECT_TRUE(winner == versions[0] || winner == versions[1]);
    EXPECT_EQ(names_in(stored()), Names{"a"});
  }
}

TEST_P(UploadsSideBySide, AreStoredWhileAnotherClientStands) {
  start();
  Socket silent = connect(), stuck = connect();
  stuck.sendall(upload(header_of("stuck", 10).dump(), "hello"));
  for (int i = 0; i < 5; ++i) EXPECT_NE(send_all(connect(), upload_of(std::to_string(i), "hello")), "");
  stuck.sendall(" you!");
  EXPECT_TRUE(read_reply(stuck).get_bool("ok"));
  EXPECT_EQ(names_in(stored()), (Names{"0", "1", "2", "3", "4", "stuck"}));
}

INSTANTIATE_TEST_SUITE_P(ConcurrentModels, UploadsSideBySide, ::testing::ValuesIn(kConcurrentModels),
                         [](const auto& one) { return name_of(one.param); });

// ---- over a Unix socket, and without a program ----

TEST_F(UploadServer, ListensOnAUnixSocket) {
  Program server({our_program("upload_server"), "--unix", beside("socket"), "--directory", stored()});
  Socket client = create_connection(server.wait_until_listening(), kWatchdog);
  client.sendall(upload_of("a.txt", "hello"));
  EXPECT_TRUE(read_reply(client).get_bool("ok"));
  EXPECT_EQ(contents(stored("a.txt")), "hello");
  client.close();
  server.kill(SIGTERM);
  EXPECT_TRUE(server.wait().err.find(" stored a.txt, 5 bytes in ") != std::string::npos);
}

/// Of what a process has in memory, in bytes.
std::size_t resident_bytes(pid_t process) {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/" + std::to_string(process) + "/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Each cost a MiB and a thread.
TEST_F(UploadServer, TakesNothingForWhatIsOnlyAnnounced) {
  start("fiber");
  send_all(connect(), checked_upload("a", "hello", md5_of("hello")));
  const std::size_t memory = resident_bytes(server().pid()), threads = running_threads(server().pid());
  constexpr std::size_t kClients = 100, kEach = 512 * 1024;  // a sanitizer takes much for itself
  std::vector<Socket> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(connect());
    clients.back().sendall(upload(
        R"({"file_name": "b", "file_size": 1000000000, "md5": ")" + std::string(32, '0') + "\"}", "x"));
  }
  EXPECT_TRUE(eventually([&] { return names_in(stored()).size() == 1 + kClients; }));
  EXPECT_LT(resident_bytes(server().pid()), memory + kClients * kEach);
  EXPECT_EQ(running_threads(server().pid()), threads);
}

TEST(UploadInProcess, LeaksNoDescriptorsAndNoThreads) {
  const TemporaryDirectory directory;
  Serving<ThreadingTCPServer> serving(
      Address("127.0.0.1", 0),
      handler<UploadHandler>(UploadOptions{std::make_shared<FileStore>(directory.path())}));
  serving.server().log_level = LogLevel::kError;
  serving.start();
  const std::string large = bytes_of(3 * Md5Pipe::kWorthAThread);
  std::uint64_t connections = 0;
  const auto all_kinds = [&] {
    connections += 5;
    send_all(serving.connect(), upload_of("a", "hello"));
    send_all(serving.connect(), checked_upload("a", large, md5_of(large)));
    send_all(serving.connect(), checked_upload("b", large, std::string(32, '0')));
    send_all(serving.connect(), upload_of("..", "hello"));
    Socket vanishing = serving.connect();
    vanishing.sendall(checked_upload("b", large, md5_of(large)).substr(0, large.size() / 2));
    reset(vanishing);
    return eventually([&] {
      const Statistics now = serving.server().statistics();
      return now.accepted == connections && now.active == 0;
    });
  };
  ASSERT_TRUE(all_kinds());
  const std::size_t descriptors = open_descriptors(), threads = running_threads();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(all_kinds());
  EXPECT_TRUE(eventually([&] { return running_threads() <= threads; }));
  EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }));
  EXPECT_EQ(names_in(directory.path()), Names{"a"});
}

// ---- slow clients ----

/// Sends byte by byte until the server has enough of it; false when it takes all of them and answers.
bool drips_until_cut_off(Socket& client, const std::string& bytes) {
  client.set_nodelay();
  try {
    for (const char byte : bytes) {
      client.sendall({&byte, 1});
      if (wait_readable(client.fileno(), Deadline::after(std::chrono::milliseconds(1)))) break;
    }
    return client.recv(1).empty();
  } catch (const ConnectionError&) {
    return true;
  }
}

TEST_F(UploadServer, EndsWhatDripsWhenItIsToldTo) {
  const auto ends = [this](std::size_t size) {
    return eventually([&] {  // a server that was not scheduled meanwhile hears it all at once
      Socket client = connect();
      return drips_until_cut_off(client, upload_of("a", bytes_of(size)));
    });
  };
  start("threading", {"--header-timeout", "0.02"});
  EXPECT_TRUE(ends(0));
  start("threading", {"--body-timeout", "0.02", "--body-rate", "1000000"});
  EXPECT_TRUE(ends(100));
}

/// A handler that has no patience.
class ImpatientUploads : public ::testing::Test {
 protected:
  void start(Timeout header, Timeout body) {
    UploadOptions options{std::make_shared<FileStore>(directory_.path())};
    options.header_timeout = header;
    options.body_timeout = body;
    serving_ = std::make_unique<Serving<ThreadingTCPServer>>(Address("127.0.0.1", 0),
                                                             handler<UploadHandler>(options));
    serving_->server().log_level = LogLevel::kError;
    serving_->start();
  }
  bool is_cut_off(std::size_t size) {
    Socket client = serving_->connect();
    return drips_until_cut_off(client, upload_of("a", bytes_of(size)));
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Serving<ThreadingTCPServer>> serving_;
};

constexpr std::chrono::nanoseconds kNone{0};

TEST_F(ImpatientUploads, EndWhereAHeaderDrips) {
  start(kNone, {});
  EXPECT_TRUE(is_cut_off(0));
}

TEST_F(ImpatientUploads, EndWhereTheOffsetDripsAtWhichAClientGoesOn) {
  start(kNone, {});
  Json header = header_of("a", 1);
  header.set("resume", true);
  header.set("sha256", Sha256("x").hexdigest());
  Socket client = serving_->connect();
  client.sendall(frame(header.dump()));
  EXPECT_EQ(read_reply(client).get_int("offset"), 0);
  EXPECT_TRUE(drips_until_cut_off(client, upload(R"({"offset": 0})", "x")));
}

TEST_F(ImpatientUploads, EndWhereABodyDrips) {
  start({}, kNone);
  EXPECT_FALSE(is_cut_off(0));
  EXPECT_TRUE(is_cut_off(400));  // of 500 bytes there would be a second more
  EXPECT_TRUE(eventually([&] { return names_in(directory_.path()) == Names{"a"}; }));
  EXPECT_EQ(contents(directory_ / "a"), "");
}

TEST_F(ImpatientUploads, EndWhereNothingMoreComes) {
  start({}, std::chrono::milliseconds(10));
  Socket client = serving_->connect();
  client.sendall(upload_of("a", "hello").substr(0, upload_of("a", "hello").size() - 1));
  EXPECT_EQ(client.recv(1), "");
}

TEST_F(ImpatientUploads, GoOnWhereThereIsTime) {
  start(kWatchdog, kWatchdog);
  EXPECT_FALSE(is_cut_off(100));
  EXPECT_EQ(contents(directory_ / "a"), bytes_of(100));
}

}  // namespace
}  // namespace socketserver::testing
