// A thousand uploads that break at random points, with older files under some of their names: whatever is
// found under a name is a whole file.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "service/upload_fixture.hpp"
#include "socketserver/service/file_store.hpp"
#include "support/models.hpp"

namespace socketserver::testing {
namespace {

constexpr std::size_t kNames = 16;                   // few, so that uploads meet at them
constexpr int kAtOnce = 8;                           // uploads in progress
constexpr int kBroken = 800;                         // by clients that vanish, in both models together
constexpr int kKilled = 200;                         // servers, in both models together
constexpr std::size_t kPool = std::size_t{4} << 20;  // bytes of which all files are slices

/// One upload: a new version of a file, and how much of what has to be sent was sent.
struct Attempt {
  Socket socket;
  std::string name, bytes, wire;
  std::size_t sent = 0;

  bool complete() const { return sent == wire.size(); }
  void send(std::size_t until) {
    socket.sendall(std::string_view(wire).substr(sent, until - sent));
    sent = until;
  }
};

/// Parameter: the model.
class BrokenUploadsSerial : public UploadServer, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    const char* given = std::getenv("SOCKETSERVER_TEST_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
    random_.seed(seed);
    std::cout << "repeat with SOCKETSERVER_TEST_SEED=" << seed << "\n";
    pool_.resize(kPool);
    for (char& byte : pool_) byte = static_cast<char>(random_());
    std::filesystem::create_directory(stored());
    for (std::size_t i = 0; i < kNames; i += 2) put(stored(name(i)), whole_[name(i)] = version());
  }

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  static std::string name(std::size_t i) { return "file" + std::to_string(i); }
  std::string version() {
    // Nothing, one recv, some blocks; and what is long enough for a thread of its own to hash it.
    const std::size_t most[] = {1, 5'000, 60'000, 60'000, 60'000, 300'000, 300'000, 1'500'000};
    const std::size_t size = below(most[below(std::size(most))]);
    return pool_.substr(below(kPool - size), size);
  }
  Attempt attempt() {
    Attempt made{connect(), name(below(kNames)), version(), {}};
    made.wire = below(2) == 0 ? upload_of(made.name, made.bytes)
                              : checked_upload(made.name, made.bytes, md5_of(made.bytes));
    return made;
  }
  /// A point before the end of what is sent: in the header as likely as in the contents.
  std::size_t breaking_point(const Attempt& attempt) {
    return below(below(2) == 0 ? attempt.wire.size() : attempt.wire.size() - attempt.bytes.size());
  }
  void vanish(Attempt& attempt) {
    if (below(2) == 0) return reset(attempt.socket);
    attempt.socket.shutdown(SHUT_WR);  // children of a forking test server have copies of the socket
    attempt.socket.close();
  }
  Names parts() const {
    Names parts = names_in(stored());
    std::erase_if(parts, [](const std::string& name) { return !name.starts_with(FileStore::kPartPrefix); });
    return parts;
  }
  /// All names that have a file, and the contents of each are a version that it may have.
  void expect_whole_files() {
    Names names = names_in(stored());
    std::erase_if(names, [](const std::string& name) { return name.starts_with(FileStore::kPartPrefix); });
    Names expected;
    for (const auto& [name, bytes] : whole_) {
      expected.insert(name);
      EXPECT_TRUE(contents(stored(name)) == bytes) << name;
    }
    EXPECT_EQ(names, expected);
  }

  std::mt19937 random_;
  std::string pool_;
  std::map<std::string, std::string> whole_;  // the last whole version of each file
};

TEST_P(BrokenUploadsSerial, ByVanishingClientsLeaveTheLastWholeFile) {
  start(GetParam());
  for (int broken = 0; broken < kBroken / 2 && !HasFailure(); broken += kAtOnce) {
    std::vector<Attempt> attempts;
    for (int i = 0; i < kAtOnce; ++i) attempts.push_back(attempt());
    std::vector<std::size_t> ends;
    for (const Attempt& one : attempts) ends.push_back(breaking_point(one));
    for (std::size_t i = 0; i < attempts.size(); ++i) attempts[i].send(below(ends[i] + 1));
    for (std::size_t i = 0; i < attempts.size(); ++i) attempts[i].send(ends[i]);
    Attempt whole = attempt();  // among them, onto a name that others may be breaking
    whole.send(whole.wire.size());
    for (Attempt& one : attempts) vanish(one);
    EXPECT_TRUE(read_reply(whole.socket).get_bool("ok"));
    whole_[whole.name] = whole.bytes;
    expect_whole_files();
  }
  EXPECT_TRUE(eventually([&] { return parts().empty(); }));
  log();
  expect_whole_files();
}

// The kill comes while the server is busy with what was sent just before, somewhere between the first byte of
// a header and the end of a rename.
TEST_P(BrokenUploadsSerial, ByAKilledServerLeaveTheOldFileOrTheNewOne) {
  int replaced = 0;
  for (int killed = 0; killed < kKilled / 2 && !HasFailure(); ++killed) {
    start(GetParam());
    EXPECT_EQ(parts(), Names{}) << "the last server's are swept by this one";
    std::vector<Attempt> attempts;
    for (int i = 0; i < kAtOnce / 2; ++i) attempts.push_back(attempt());
    Attempt& first = attempts.front();  // has begun, and lacks its last byte
    while (first.bytes.empty()) first = attempt();
    first.send(first.wire.size() - (first.bytes.size() + 1) / 2);
    EXPECT_TRUE(eventually([&] { return !parts().empty(); }));
    first.send(first.wire.size() - 1);
    for (auto one = attempts.begin() + 1; one != attempts.end(); ++one)
      one->send(below(3) == 0 ? breaking_point(*one) : one->wire.size());
    wait_any({}, Deadline::after(std::chrono::microseconds(below(1'000))));
    kill_all();
    EXPECT_NE(parts(), Names{});
    for (const Attempt& one : attempts) {
      if (!one.complete() || !std::filesystem::exists(stored(one.name))) continue;
      if (contents(stored(one.name)) != one.bytes) continue;
      if (whole_.contains(one.name) && whole_[one.name] == one.bytes) continue;
      whole_[one.name] = one.bytes;
      ++replaced;
    }
    expect_whole_files();
  }
  std::cout << replaced << " files were whole before their server was killed\n";
  start(GetParam());
  EXPECT_EQ(parts(), Names{});
  expect_whole_files();
}

INSTANTIATE_TEST_SUITE_P(ConcurrentModels, BrokenUploadsSerial, ::testing::ValuesIn(kConcurrentModels),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace socketserver::testing
