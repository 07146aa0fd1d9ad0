// upload_client with its verbs as a person uses it, at our server and at hostile ones.
#include <signal.h>

#include <algorithm>

#include "apps/odd_server.hpp"
#include "service/upload_fixture.hpp"
#include "socketserver/crypto/sha256.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;
using Argv = std::vector<std::string>;

class TransferPrograms : public UploadServer {
 protected:
  Argv client(const Address& where, const Argv& words) {
    Argv argv{our_program("upload_client")};
    for (const std::string& option : options_for(where)) argv.push_back(option);
    argv.insert(argv.end(), {"--to", got()});
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  Outcome ask(const Argv& words, const std::string& input = {}) {
    return run(client(address(), words), input);
  }
  std::string got() const { return beside("got"); }
  std::string got(const std::string& name) const { return got() + "/" + name; }
  /// A file beside the stored ones; its path.
  std::string file(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(std::filesystem::path(beside(name)).parent_path());
    put(beside(name), bytes);
    return beside(name);
  }
  /// A directory of some files beside the stored ones; its path.
  std::string tree() {
    std::filesystem::create_directories(beside("tree/d/e"));
    file("tree/a.txt", "hello");
    file("tree/d/计.txt", "");
    file("tree/d/e/large", bytes_of(1'000'000));
    return beside("tree");
  }
  void expect_tree(const std::string& where) {
    EXPECT_EQ(contents(where + "/a.txt"), "hello");
    EXPECT_EQ(contents(where + "/d/计.txt"), "");
    EXPECT_TRUE(contents(where + "/d/e/large") == bytes_of(1'000'000));
    EXPECT_EQ(names_in(where), (Names{"a.txt", "d"}));
    EXPECT_EQ(names_in(where + "/d"), (Names{"计.txt", "e"}));
  }
};

// ---- our server ----

TEST_F(TransferPrograms, PutAndGetFilesAndDirectories) {
  start("threading");
  const std::string a = file("a.txt", "hello");
  const Outcome put = ask({"put", a, tree()});
  EXPECT_TRUE(put.out.starts_with(a + ": stored as a.txt, 5 B\n" + beside("tree/a.txt") +
                                  ": stored as tree/a.txt, 5 B\n"))
      << put.out;
  EXPECT_EQ(put.err, "");
  EXPECT_EQ(put.status, 0);
  expect_tree(stored("tree"));
  const Outcome got_all = ask({"get", "a.txt", "tree/"});
  EXPECT_EQ(
      got_all.out.substr(0, got_all.out.find("tree/d")),
      "a.txt: saved as " + got("a.txt") + ", 5 B\ntree/a.txt: saved as " + got("tree/a.txt") + ", 5 B\n");
  EXPECT_EQ(got_all.err, "");
  EXPECT_EQ(got_all.status, 0);
  EXPECT_EQ(contents(got("a.txt")), "hello");
  expect_tree(got("tree"));
  EXPECT_EQ(names_in(got()), (Names{"a.txt", "tree"}));
  EXPECT_EQ(ask({"get", "--digest", "none", "tree/d/e/large"}).status, 0);
  EXPECT_TRUE(contents(got("large")) == bytes_of(1'000'000));
  std::filesystem::remove_all(got());
  EXPECT_EQ(ask({"get", "."}).status, 0);
  expect_tree(got("tree"));
}

TEST_F(TransferPrograms, ListWhatThereIs) {
  start("threading");
  ask({"put", tree(), file("b.txt", "12"), file("a.txt", "1")});
  const auto names = [&](const Argv& words) {
    const Outcome outcome = ask(words);
    EXPECT_EQ(outcome.err, "");
    std::istringstream lines(outcome.out);
    std::string all;
    for (std::string line; std::getline(lines, line);) all += line.substr(line.rfind(' ') + 1) + " ";
    return all;
  };
  EXPECT_EQ(names({"ls"}), "a.txt b.txt tree/ ");
  EXPECT_EQ(names({"ls", "tree"}), "a.txt d/ ");
  EXPECT_EQ(names({"ls", "/tree/d/"}), "e/ 计.txt ");
  EXPECT_EQ(names({"ls", "*.txt"}), "a.txt b.txt ");
  EXPECT_EQ(names({"ls", "tree/?.txt", "b.txt"}), "a.txt b.txt ");
  EXPECT_EQ(ask({"ls", "b.txt"}).out.substr(0, 11), "      2 B  ");
  const Outcome none = ask({"ls", "none", "*.none"});
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.err,
            "upload_client: none: there is no such file\n"
            "upload_client: *.none: there is no such file\n");
  EXPECT_EQ(none.status, 1);
  ask({"get", "*.txt"});
  EXPECT_EQ(names_in(got()), (Names{"a.txt", "b.txt"}));
}

TEST_F(TransferPrograms, TakeCommandsFromStandardInput) {
  start("threading");
  const std::string a = file("a b.txt", "hello");
  const Outcome outcome =
      ask({}, "put '" + a + "'\nget \"a b.txt\"\nls\n\n" + a + "\nput\nget 'a\nls\nq\nls\n");
  EXPECT_TRUE(outcome.out.starts_with(a + ": stored as a b.txt, 5 B\na b.txt: saved as " + got("a b.txt") +
                                      ", 5 B\n      5 B  "))
      << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 5) << outcome.out;
  EXPECT_EQ(outcome.err,
            "upload_client: put: put needs the name of a file (see --help)\n"
            "upload_client: get 'a: the ' has no end\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(contents(got("a b.txt")), "hello");
}

TEST_F(TransferPrograms, TellVerbsFromFiles) {
  const Outcome nothing = run({our_program("upload_client"), "put"});
  EXPECT_EQ(nothing.err, "upload_client: put needs the name of a file (see --help)\n");
  EXPECT_EQ(nothing.status, 2);
  start("threading");
  EXPECT_EQ(ask({file("put", "hello")}).out, beside("put") + ": stored as put, 5 B\n");
}

TEST_F(TransferPrograms, NameWhatCannotBeSentOrHad) {
  start("threading");
  std::filesystem::create_symlink("a.txt", tree() + "/link");
  std::filesystem::create_symlink("a.txt", beside("link"));
  const Outcome outcome = ask({"put", beside("tree"), beside("none"), beside("link")});
  EXPECT_EQ(outcome.err, "upload_client: " + beside("tree/link") +
                             ": left out, since it can be no file there\n" + "upload_client: open " +
                             beside("none") + ": No such file or directory\n" + "upload_client: open " +
                             beside("link") + ": No such file or directory\n");
  EXPECT_EQ(outcome.status, 1);
  expect_tree(stored("tree"));
  const Outcome of_get = ask({"get", "none", "../a", "a.txt/b"});
  EXPECT_EQ(of_get.err,
            "upload_client: none: there is no such file\n"
            "upload_client: ../a: the file name is none\n"
            "upload_client: a.txt/b: there is no such file\n");
  EXPECT_EQ(of_get.status, 1);
  EXPECT_FALSE(std::filesystem::exists(beside("a")));
}

// ---- a connection that breaks ----

TEST_F(TransferPrograms, GoOnWithADownloadThatBroke) {
  start("threading");
  const std::string bytes = bytes_of(3'000'000);
  put(stored("a"), bytes);
  std::filesystem::create_directory(got());
  put(got("a"), "old");
  BreakingProxy proxy(address(), BreakingProxy::kToClient, 2'000'000);
  const Outcome broken = run(client(proxy.address(), {"--resume", "get", "a"}));
  EXPECT_EQ(broken.out, "");
  EXPECT_TRUE(broken.err.starts_with("upload_client: a: the connection ended 1000")) << broken.err;
  EXPECT_EQ(broken.status, 1);
  EXPECT_EQ(contents(got("a")), "old");
  const Outcome resumed = ask({"--resume", "get", "a"});
  EXPECT_TRUE(resumed.out.starts_with("a: saved as " + got("a") + ", 3.0 MB")) << resumed.out;
  EXPECT_TRUE(resumed.out.ends_with(", of which 2.0 MB were there\n")) << resumed.out;
  EXPECT_EQ(resumed.err, "");
  EXPECT_TRUE(contents(got("a")) == bytes);
  EXPECT_EQ(names_in(got()), Names{"a"});
}

TEST_F(TransferPrograms, BeginADownloadAnewWhenTheFileIsAnotherOne) {
  start("threading");
  put(stored("a"), bytes_of(3'000'000));
  BreakingProxy proxy(address(), BreakingProxy::kToClient, 2'000'000);
  run(client(proxy.address(), {"--resume", "get", "a"}));
  put(stored("a"), bytes_of(3'000'000, 1));
  EXPECT_EQ(ask({"--resume", "get", "a"}).out.find("were there"), std::string::npos);
  EXPECT_TRUE(contents(got("a")) == bytes_of(3'000'000, 1));
  EXPECT_EQ(names_in(got()), Names{"a"});
}

TEST_F(TransferPrograms, LeaveNothingOfADownloadThatBrokeAndIsNotToBeResumed) {
  start("threading");
  put(stored("a"), bytes_of(3'000'000));
  BreakingProxy proxy(address(), BreakingProxy::kToClient, 2'000'000);
  const Outcome broken = run(client(proxy.address(), {"get", "a", "b"}));
  EXPECT_TRUE(broken.err.ends_with("\nupload_client: b: not asked for, since the connection ended before\n"))
      << broken.err;
  EXPECT_EQ(broken.status, 1);
  EXPECT_EQ(names_in(got()), Names{});
}

TEST_F(TransferPrograms, GoOnWithAnUploadThatBroke) {
  start("threading");
  const std::string a = file("a", bytes_of(3'000'000));
  BreakingProxy proxy(address(), BreakingProxy::kToServer, 2'000'000);
  EXPECT_EQ(run(client(proxy.address(), {"--resume", "put", a})).status, 1);
  server().wait_for_error("request from ");  // its end is logged
  EXPECT_EQ(names_in(stored()), Names{".upload-part-kept"});
  const Outcome resumed = ask({"put", "--resume", a});
  EXPECT_TRUE(resumed.out.starts_with(a + ": stored as a, 3.0 MB")) << resumed.out << resumed.err;
  EXPECT_TRUE(resumed.out.ends_with(", of which 2.0 MB were there\n")) << resumed.out;
  EXPECT_TRUE(contents(stored("a")) == bytes_of(3'000'000));
}

TEST_F(TransferPrograms, SayThatAnOldServerCannotResume) {
  OddServer server([](Socket& client) {
    while (!client.recv(65'536).empty()) {
    }
  });
  const std::string a = file("a", "hello");
  const Outcome outcome = run(client(server.address(), {"--timeout", "0.2", "--resume", "put", a}));
  EXPECT_EQ(outcome.err, "upload_client: " + a +
                             ": the server does not say where to go on; it may take whole files alone\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(TransferPrograms, SayThatAnOldServerOnlyTakesFiles) {
  for (const std::string verb : {"get", "ls"}) {
    OddServer server([](Socket& client) { client.recv(65'536); });
    const Outcome outcome = run(client(server.address(), {verb, "a"}));
    EXPECT_EQ(
        outcome.err,
        "upload_client: a: the server closed the connection instead of answering; it may only take files\n");
    EXPECT_EQ(outcome.status, 1);
  }
}

TEST_F(TransferPrograms, LeaveNothingWhenInterrupted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    OddServer server([](Socket& client) {
      client.recv(65'536);
      client.sendall(frame(R"({"ok": true, "filesize": 1000000})") + bytes_of(300'000));
      client.recv(1);
    });
    Program program(client(server.address(), {"get", "a"}));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(got()) && !names_in(got()).empty(); }));
    program.kill(signal);
    const Outcome outcome = program.wait();
    EXPECT_EQ(outcome.status, 130);
    EXPECT_TRUE(outcome.err.ends_with("upload_client: interrupted\n")) << outcome.err;
    EXPECT_EQ(names_in(got()), Names{});
  }
}

// Once only put noticed that the server had closed meanwhile: get and ls failed, and the program ended.
TEST_F(TransferPrograms, GoOnAfterAPauseThatWasTooLongForTheServer) {
  start("threading", {"--idle-timeout", "0.1"});
  const std::size_t descriptors = open_descriptors(server().pid());
  put(stored("a"), "hello");
  put(stored("b"), "you");
  Program program(client(address(), {}));
  const auto after_a_pause = [&](const std::string& line, const std::string& answer) {
    EXPECT_TRUE(eventually([&] { return open_descriptors(server().pid()) == descriptors; })) << line;
    program.write(line + "\n");
    program.wait_for_output(answer);
  };
  after_a_pause("ls a", "  a\n");
  after_a_pause("get a", "a: saved as ");
  after_a_pause("ls b", "  b\n");
  after_a_pause("put " + file("c", "!"), ": stored as c");
  after_a_pause("get none\nget b", "b: saved as ");
  const Outcome outcome = program.wait();
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 5) << outcome.out;
  EXPECT_EQ(outcome.err, "upload_client: none: there is no such file\n");
}

// ---- a full disk ----

TEST_F(TransferPrograms, SayThatTheDiskIsFull) {
  const auto unshare = find_program("unshare");
  const std::string mount = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";
  std::filesystem::create_directory(stored());
  if (!unshare || run({*unshare, "-m", "/bin/sh", "-c", mount, stored(), "true"}).status != 0)
    GTEST_SKIP() << "no small disk can be made here";
  Program server({*unshare, "-m", "/bin/sh", "-c", mount, stored(), our_program("upload_server"), "--port",
                  "0", "--directory", stored()});
  const Address address = server.wait_until_listening();
  const std::string small = file("a", bytes_of(300'000)), large = file("b/a", bytes_of(3'000'000));
  for (const Argv& options : {Argv{}, Argv{"--resume"}, Argv{"--digest", "none"}}) {
    Argv words = options;
    words.insert(words.end(), {"put", small, large});
    const Outcome outcome = run(client(address, words));
    EXPECT_TRUE(outcome.out.starts_with(small + ": stored as a, 300.0 kB")) << outcome.out;
    EXPECT_EQ(outcome.err,
              "upload_client: " + large +
                  ": refused: the disk of the server is full: write a: No space left on device\n");
    EXPECT_EQ(outcome.status, 1);
  }
  EXPECT_EQ(run(client(address, {"get", "a"})).status, 0);
  EXPECT_TRUE(contents(got("a")) == bytes_of(300'000));
}

// ---- hostile servers ----

/// Answers each request in turn.
std::function<void(Socket&)> answering(std::vector<std::string> answers) {
  return [answers](Socket& client) {
    for (const std::string& answer : answers) {
      Reader reader(client, 0);
      read_frame(reader, 65'536);
      client.sendall(answer);
    }
    client.shutdown(SHUT_WR);
    client.recv(1);
  };
}

const std::string kIsDirectory =
    frame(R"({"ok": false, "filename": "a", "filesize": 0, "error": "no", "directory": true})");

std::string listing_of(const std::string& name) {
  const Json file = Json::object({{"name", name}, {"size", 5}, {"time", 0}});
  return frame(Json::object({{"ok", true}, {"files", Json::array({file})}, {"more", false}}).dump());
}

TEST_F(TransferPrograms, SaveNothingOfWrongAnswers) {
  const std::string five = frame(R"({"ok": true, "filesize": 5, "digest": "sha256"})"),
                    wrong = frame(Json::object({{"sha256", std::string(64, '0')}}).dump()),
                    right = frame(Json::object({{"sha256", Sha256("hello").hexdigest()}}).dump());
  std::filesystem::create_directory(got());
  put(got("a"), "old");
  for (const std::string& answer :
       {five + "hell", five + "hello", five + "hello" + wrong, five + "hello" + frame("{}"), pack_i32(-1),
        pack_i32(1 << 30), frame("[]"), frame("{}"), frame(R"({"filesize": -1})"),
        frame(R"({"filesize": "5"})"), frame(R"({"filesize": 9223372036854775807})") + "hello",
        frame(R"({"filesize": 5, "offset": 5})") + right, frame(R"({"filesize": 5, "offset": -1})"),
        frame(R"({"ok": false})"), "x"s, kIsDirectory + "x"}) {
    OddServer server(answering({answer}));
    const Outcome outcome = run(client(server.address(), {"get", "a"}));
    EXPECT_EQ(outcome.out, "") << answer;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.status, 1) << answer;
    EXPECT_EQ(contents(got("a")), "old") << answer;
    EXPECT_EQ(names_in(got()), Names{"a"}) << answer;
  }
  OddServer server(answering({five + "hello" + right}));
  EXPECT_EQ(run(client(server.address(), {"get", "a"})).status, 0);
  EXPECT_EQ(contents(got("a")), "hello");
}

TEST_F(TransferPrograms, GetFilesFromAServerThatKnowsNoDigests) {
  OddServer server(answering({frame(R"({"filesize": 5})") + "hello"}));
  const Outcome outcome = run(client(server.address(), {"get", "a"}));
  EXPECT_NE(outcome.out.find("5 B; the server gives no digest to check it by\n"), std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(contents(got("a")), "hello");
}

TEST_F(TransferPrograms, GoNowhereElseWhateverTheListingSays) {
  std::filesystem::create_directories(got("a"));
  std::filesystem::create_directory_symlink("..", got("a/link"));
  const std::string hello = frame(R"({"ok": true, "filesize": 5})") + "hello";
  for (const std::string& name : {"../x"s, "/tmp/x"s, "d/../../x"s, "link/x"s, ""s, ".."s, "d//x"s, "x\0y"s,
                                  "x\ny"s, ".upload-part-1"s, std::string(300, 'x')}) {
    OddServer server(answering({kIsDirectory, listing_of(name), hello}));
    const Outcome outcome = run(client(server.address(), {"get", "--digest", "none", "a"}));
    EXPECT_EQ(outcome.out, "") << name;
    EXPECT_EQ(outcome.status, 1) << name;
    EXPECT_EQ(names_in(got()), Names{"a"}) << name;
    EXPECT_EQ(names_in(got("a")), Names{"link"}) << name;
    EXPECT_EQ(names_in(beside("")), Names{"got"}) << name;
  }
}

TEST_F(TransferPrograms, GoOnWithNoUploadWhereNobodyIs) {
  const std::string a = file("a", "hello"), digest(64, '0');
  for (const std::string& offer : {R"({"offset": -1})"s, R"({"offset": 6})"s, R"({"offset": "5"})"s, R"([])"s,
                                   R"({})"s, R"({"ok": 5})"s, R"({"offset": 5, "sha256": "beef"})"s}) {
    OddServer server(answering({frame(offer)}));
    const Outcome outcome = run(client(server.address(), {"--resume", "put", a}));
    EXPECT_EQ(outcome.out, "") << offer;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.status, 1) << offer;
  }
  std::string came;
  std::optional<OddServer> wrong_digest(std::in_place, [&](Socket& client) {
    Reader reader(client, 0);
    read_frame(reader, 65'536);
    client.sendall(frame(R"({"offset": 4, "sha256": ")" + digest + "\"}"));
    came = read_frame(reader, 65'536);
    came += reader.read_exactly(5);
    client.sendall(frame(R"({"ok": true, "filename": "a", "size": 5})"));
    client.recv(1);
  });
  EXPECT_EQ(run(client(wrong_digest->address(), {"--resume", "put", a})).status, 0);
  wrong_digest.reset();
  EXPECT_EQ(came, R"({"offset": 0}hello)");
}

// A file that turns out to be a directory again and again is asked about once.
TEST_F(TransferPrograms, AreLedIntoNoCircle) {
  OddServer server(answering({kIsDirectory, listing_of("d"), kIsDirectory}));
  const Outcome outcome = run(client(server.address(), {"get", "a"}));
  EXPECT_EQ(outcome.err, "upload_client: a/d: it is a directory\n");
}

TEST_F(TransferPrograms, EscapeWhatServersSay) {
  OddServer refusing(answering({frame(R"({"ok": false, "error": "no\u001b[2J\nyes"})")}));
  EXPECT_EQ(run(client(refusing.address(), {"get", "a"})).err, "upload_client: a: no\\x1b[2J\\x0ayes\n");
  OddServer listing(answering({listing_of("\u009b2Jx")}));
  const Outcome outcome = run(client(listing.address(), {"ls"}));
  EXPECT_EQ(outcome.out.find("\u009b"), std::string::npos);
  EXPECT_NE(outcome.out.find("\\xc2\\x9b2Jx\n"), std::string::npos) << outcome.out;
}

TEST_F(TransferPrograms, BelieveNoListingWithoutEnd) {
  OddServer server([](Socket& client) {
    client.recv(65'536);
    const std::string page = frame(R"({"ok": true, "files": [], "more": true})");
    for (;;) client.sendall(page);
  });
  const Outcome outcome = run(client(server.address(), {"ls"}));
  EXPECT_NE(outcome.err.find("is empty and not the last"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

}  // namespace
}  // namespace socketserver::testing
