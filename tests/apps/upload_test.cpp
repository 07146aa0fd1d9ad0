// upload_client and upload_server as a person uses them.
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>

#include "apps/odd_server.hpp"
#include "common/progress.hpp"
#include "service/upload_fixture.hpp"
#include "socketserver/service/upload_client.hpp"
#include "support/permissions.hpp"

namespace socketserver::testing {
namespace {

using Argv = std::vector<std::string>;

class UploadPrograms : public UploadServer {
 protected:
  Argv client(const Address& where, const Argv& words) {
    Argv argv{our_program("upload_client")};
    for (const std::string& option : options_for(where)) argv.push_back(option);
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  Outcome send(const Argv& words, const std::string& input = {}) {
    return run(client(address(), words), input);
  }
  /// A file beside the stored ones; its path.
  std::string file(const std::string& name, const std::string& bytes) {
    put(beside(name), bytes);
    return beside(name);
  }
};

// ---- what becomes of files ----

TEST_F(UploadPrograms, SendSeveralFilesOnOneConnectionAndSayWhatBecameOfThem) {
  start("iterative");
  for (const std::string form : {"cmd", "msg", "md5"}) {
    const std::string a = file("a.txt", "hello " + form), b = file("计.txt", ""),
                      c = file("c", bytes_of(1'234'567));
    const Outcome outcome = send({"--form", form, a, b, c});
    // No rates of what took no time: 5 bytes came out as 200 kB/s.
    EXPECT_EQ(outcome.out.substr(0, outcome.out.find("1.2 MB")),
              a + ": stored as a.txt, 9 B\n" + b + ": stored as 计.txt, 0 B\n" + c + ": stored as c, ");
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(contents(stored("a.txt")), "hello " + form);
    EXPECT_TRUE(contents(stored("c")) == bytes_of(1'234'567));
  }
}

TEST_F(UploadPrograms, TakeTheNamesOfFilesFromStandardInput) {
  start("threading");
  const std::string a = file("a b.txt", "hello");
  const Outcome outcome = send({}, "\n" + a + "\n" + beside("none") + "\n" + a);
  EXPECT_EQ(outcome.out, a + ": stored as a b.txt, 5 B\n" + a + ": stored as a b.txt, 5 B\n");
  EXPECT_EQ(outcome.err, "upload_client: open " + beside("none") + ": No such file or directory\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(send({}).out, "");
}

// A name that was not UTF-8 ended the program without a word on the files before it, and a file of no bytes
// was reported with the size of the one before it.
TEST_F(UploadPrograms, NameTheFilesThatCannotBeReadAndSendTheOthers) {
  start("threading");
  const std::string a = file("a", "hello"), empty = file("empty", ""), odd = file("\xff", "x");
  const Outcome outcome = send({a, beside("none"), empty, beside(""), odd, "/dev/null", "", a});
  EXPECT_EQ(outcome.out,
            a + ": stored as a, 5 B\n" + empty + ": stored as empty, 0 B\n" + a + ": stored as a, 5 B\n");
  EXPECT_EQ(outcome.err, "upload_client: open " + beside("none") + ": No such file or directory\n" +
                             "upload_client: read " + beside("") + ": Is a directory\n" +
                             "upload_client: the name of " + beside("\\xff") + " is not UTF-8\n" +
                             "upload_client: read /dev/null, which is no regular file: Invalid argument\n" +
                             "upload_client: open : No such file or directory\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(names_in(stored()), (Names{"a", "empty"}));
}

TEST_F(UploadPrograms, NameFilesAndDirectoriesThatMayNotBeUsed) {
  const auto prefix = with_permissions_checked();
  if (!prefix) GTEST_SKIP() << "root may read everything, and setpriv cannot take that away";
  const auto run_checked = [&](const Argv& program) {
    Argv argv = *prefix;
    argv.insert(argv.end(), program.begin(), program.end());
    return run(argv);
  };
  start("threading");
  const std::string secret = file("secret", "x"), closed = beside("closed"), read_only = beside("read-only");
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  const Outcome of_client = run_checked(client(address(), {secret}));
  EXPECT_EQ(of_client.err, "upload_client: open " + secret + ": Permission denied\n");
  EXPECT_EQ(of_client.status, 1);
  for (const std::string& directory : {closed, read_only}) std::filesystem::create_directory(directory);
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  std::filesystem::permissions(read_only, std::filesystem::perms(0555));
  for (const auto& [verb, directory] : {std::pair("open", closed), std::pair("write to", read_only)}) {
    const Outcome of_server =
        run_checked({our_program("upload_server"), "--port", "0", "--directory", directory});
    EXPECT_EQ(of_server.err, std::string("upload_server: ") + verb + " the directory " + directory +
                                 ": Permission denied\n");
    EXPECT_EQ(of_server.status, 1);
  }
}

TEST_F(UploadPrograms, SayWhyTheServerRefusesAFile) {
  start("threading", {"--max-file-size", "5"});
  const std::string a = file("a", "hello"), b = file("b", "123456");
  const Outcome outcome = send({b, a});
  EXPECT_EQ(outcome.out, a + ": stored as a, 5 B\n");
  EXPECT_EQ(outcome.err, "upload_client: " + b + ": refused: the file is larger than 5 bytes\n");
  EXPECT_EQ(outcome.status, 1);
}

// The server closes the connection rather than read all of it; the files after it go over another one.
TEST_F(UploadPrograms, SayWhyTheServerRefusesALargeFileAndSendTheOthers) {
  start("threading", {"--max-file-size", "5"});
  const std::string a = file("a", "hello"), b = file("b", "you"), large = file("large", "");
  std::filesystem::resize_file(large, 60'000'000);
  const Outcome outcome = send({a, large, large, b});
  EXPECT_EQ(outcome.out, a + ": stored as a, 5 B\n" + b + ": stored as b, 3 B\n");
  const std::string refused = "upload_client: " + large + ": refused: the file is larger than 5 bytes\n";
  EXPECT_EQ(outcome.err, refused + refused);
  EXPECT_EQ(outcome.status, 1);
  const std::string middle = file("large", bytes_of(1'500'000));  // which the server lets us send
  const Outcome named = send({"put", middle, a});
  EXPECT_EQ(named.out, a + ": stored as a, 5 B\n");
  EXPECT_EQ(named.err, refused);
}

// As it has to while a large file is hashed, and while a person thinks.
TEST_F(UploadPrograms, ConnectAnewWhereTheServerCouldNotWait) {
  start("threading", {"--idle-timeout", "0.1"});
  const std::string a = file("a", "hello"), b = file("b", "you");
  const std::size_t idle = open_descriptors(server().pid());
  Program sender(client(address(), {}));
  for (const std::string& line : {a, "put " + b, "put " + a}) {
    sender.write(line + "\n");
    if (line != a) sender.wait_for_output(line.substr(4) + ": stored as ");
    ASSERT_TRUE(eventually([&] { return open_descriptors(server().pid()) <= idle; }));
  }
  const Outcome outcome = sender.wait();
  EXPECT_EQ(outcome.out,
            a + ": stored as a, 5 B\n" + b + ": stored as b, 3 B\n" + a + ": stored as a, 5 B\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(UploadPrograms, SayThatNobodyListens) {
  Socket unheard = Socket::tcp();
  unheard.bind(Address("127.0.0.1", 0));
  const std::string where = unheard.getsockname().to_string();
  const Outcome outcome = run(client(unheard.getsockname(), {file("a", "hello")}));
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "upload_client: cannot connect to " + where + ": Connection refused\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(UploadPrograms, TakeNoOtherForms) {
  const Outcome outcome = run({our_program("upload_client"), "--form", "xml", "a"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

// ---- odd servers ----

TEST_F(UploadPrograms, BelieveTheServerThatRefusesAndClosesWithoutReading) {
  OddServer server([](Socket& client) {
    client.recv(1);
    client.sendall(frame(R"({"ok": false, "error": "no\u001b[2J"})"));
  });
  const std::string large = file("large", "");
  std::filesystem::resize_file(large, 60'000'000);
  const Outcome outcome = run(client(server.address(), {large}));
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "upload_client: " + large + ": refused: no\\x1b[2J\n");
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(UploadPrograms, SayThatTheConnectionBroke) {
  OddServer server([](Socket& client) {
    client.recv(1);
    reset(client);
  });
  const std::string large = file("large", "");
  std::filesystem::resize_file(large, 60'000'000);
  const Outcome outcome = run(client(server.address(), {large}));
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("upload_client: " + large + ": send")) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(UploadPrograms, GiveUpAServerThatTakesNothing) {
  std::promise<void> given_up;
  OddServer server([&](Socket&) { given_up.get_future().wait(); });
  const std::string large = file("large", "");
  std::filesystem::resize_file(large, 60'000'000);
  const Outcome outcome = run(client(server.address(), {"--timeout", "0.2", large}));
  given_up.set_value();
  EXPECT_NE(outcome.err.find(large + ": send"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("timed out"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.status, 1);
}

// An answer too many was looked up among files that were not there.
TEST_F(UploadPrograms, DoNotTrustAnswers) {
  const std::string yes = frame(R"({"ok": true, "filename": "a", "size": 5})");
  const std::string a = file("a", "hello");
  for (const std::string& answers : {yes + yes, yes + frame("[]"), pack_i32(-1), frame("{}"),
                                     frame(R"({"ok": "yes"})"), yes.substr(0, 9)}) {
    OddServer server([&](Socket& client) {
      while (!client.recv(65'536).empty()) {
      }
      client.sendall(answers);
    });
    const Outcome outcome = run(client(server.address(), {a}));
    EXPECT_TRUE(outcome.out.starts_with(a + ": ")) << outcome.out;
    EXPECT_TRUE(outcome.err.starts_with("upload_client: " + server.address().to_string() + ": "))
        << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.status, 1);
  }
}

// What followed would have been taken for the rest of the file.
TEST_F(UploadPrograms, EndTheConnectionWhenAFileGetsShorter) {
  start("threading");
  const std::string path = file("a", bytes_of(1'000'000));
  Socket socket = connect();
  UploadClient client(socket);
  const PreparedUpload upload({path, {}, {}, false, false}, UploadForm::kCmd);
  EXPECT_THROW(client.send(upload, [&](std::uint64_t, std::uint64_t) { put(path, ""); }), std::runtime_error);
  EXPECT_FALSE(client.usable());
  EXPECT_TRUE(client.last_words().empty());
  EXPECT_TRUE(eventually([&] { return names_in(stored()).empty(); }));
}

// ---- the bar ----

/// Reads nothing for some pictures of the bar, once it has begun, and then all.
void be_slow(Socket& client) {
  client.recv(1, MSG_PEEK);
  wait_any({}, Deadline::after(std::chrono::milliseconds(350)));
  Reader reader(client);
  const Json header = Json::parse(read_frame(reader, 65'536));
  std::string block(1 << 20, '\0');
  for (std::int64_t left = header.get_int("filesize"); left > 0;)
    left -= static_cast<std::int64_t>(reader.readinto1(block));
  client.sendall(frame(R"({"ok": true, "filename": "stored", "size": 1})"));
  client.recv(1);  // until the client has nothing more
}

TEST_F(UploadPrograms, DrawABarAtATerminal) {
  const auto python = find_program("python3");
  if (!python) GTEST_SKIP() << "python3 is not installed";
  OddServer server(be_slow);
  const std::string large = file("large", "");
  std::filesystem::resize_file(large, 40'000'000);
  Argv argv{*python, SOCKETSERVER_TEST_DIR "/apps/at_terminal.py", large};
  for (const std::string& word : client(server.address(), {})) argv.push_back(word);
  const Outcome outcome = run(argv);
  const std::string& seen = outcome.out;
  EXPECT_TRUE(seen.starts_with("put, get, ls, q> " + large + "\r\n\r[")) << seen;
  for (const char* text :
       {"%  ", " of 40.0 MB  ", " MB/s  ", "0:0", " left\x1b[K", "\r\x1b[Kput, get, ls, q> "})
    EXPECT_NE(seen.find(text), seen.npos) << text << " in " << seen;
  EXPECT_NE(seen.find(large + ": stored as stored, 40.0 MB, "), seen.npos) << seen;
  EXPECT_TRUE(seen.ends_with(" MB/s\r\n")) << seen;
}

TEST_F(UploadPrograms, PrintAFinalLineOnlyWhenPiped) {
  OddServer server(be_slow);
  const std::string large = file("large", "");
  std::filesystem::resize_file(large, 40'000'000);
  const Outcome outcome = run(client(server.address(), {large}));
  EXPECT_TRUE(outcome.out.starts_with(large + ": stored as stored, 40.0 MB, ")) << outcome.out;
  EXPECT_TRUE(outcome.out.ends_with(" MB/s\n")) << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_EQ(outcome.err, "");
}

TEST(Progress, NamesSizesAsDisksAreMeasured) {
  EXPECT_EQ(apps::size_text(0), "0 B");
  EXPECT_EQ(apps::size_text(999), "999 B");
  EXPECT_EQ(apps::size_text(1000), "1.0 kB");
  EXPECT_EQ(apps::size_text(999'950), "1.0 MB");
  EXPECT_EQ(apps::size_text(1'073'741'824), "1.1 GB");
  EXPECT_EQ(apps::size_text(9e18), "9000.0 PB");
}

TEST(Progress, GivesRatesOnlyWhereTheyTellSomething) {
  EXPECT_EQ(apps::rate_text(5, 0.000'01), "");
  EXPECT_EQ(apps::rate_text(5, 0), "");
  EXPECT_EQ(apps::rate_text(5, 2), "");
  EXPECT_EQ(apps::rate_text(5e6, 2), ", 2.5 MB/s");
}

// ---- the server's directory ----

TEST_F(UploadPrograms, OfTheServerCreateItsDirectory) {
  Program server({our_program("upload_server"), "--port", "0", "--directory", beside("not/yet/there")});
  server.wait_until_listening();
  EXPECT_TRUE(std::filesystem::is_directory(beside("not/yet/there")));
}

TEST_F(UploadPrograms, OfTheServerNameADirectoryThatCannotBe) {
  const std::string a = file("a", "");
  for (const std::string& directory : {a, a + "/below"}) {
    const Outcome outcome = run({our_program("upload_server"), "--port", "0", "--directory", directory});
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "upload_server: open the directory " + directory + ": Not a directory\n");
    EXPECT_EQ(outcome.status, 1);
  }
}

}  // namespace
}  // namespace socketserver::testing
