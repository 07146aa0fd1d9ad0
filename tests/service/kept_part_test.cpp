// What has arrived of a file and is kept, and how much of the disk is whose.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <atomic>
#include <list>
#include <thread>
#include <vector>

#include "service/upload_fixture.hpp"
#include "socketserver/service/file_store.hpp"

namespace socketserver::testing {
namespace {

std::string key(int i) { return Sha256(std::to_string(i)).hexdigest(); }

class KeptPartsOfStores : public ::testing::Test {
 protected:
  static FilePart part(const FileStore& store, int i, const std::string& owner = "") {
    return FilePart(store, StorePath::relative("a"), {100, owner, key(i)});
  }
  static void keep(const FileStore& store, int i, const std::string& owner = "") {
    part(store, i, owner).write("hello");
  }
  std::string kept() const { return directory_ / ".upload-part-kept"; }
  void make_older(std::time_t seconds) {
    for (const std::string& name : names_in(kept())) {
      const utimbuf times{std::time(nullptr) - seconds, std::time(nullptr) - seconds};
      ASSERT_EQ(::utime((kept() + "/" + name).c_str(), &times), 0);
    }
  }
  const TemporaryDirectory directory_;
};

TEST_F(KeptPartsOfStores, AreFoundByTheirKey) {
  const FileStore store(directory_.path());
  keep(store, 1);
  {
    const FileStore another(directory_.path());  // which sweeps, but not these
    FilePart again = part(another, 1);
    EXPECT_EQ(again.size(), 5u);
    EXPECT_EQ(again.sha256().hexdigest(), Sha256("hello").hexdigest());
    EXPECT_EQ(part(another, 2).size(), 0u);
    EXPECT_EQ(part(another, 1).size(), 0u) << "it is in use";
    again.write(" you");
    again.commit();
  }
  EXPECT_EQ(contents(directory_ / "a"), "hello you");
  EXPECT_EQ(names_in(directory_.path()), Names{"a"});
}

TEST_F(KeptPartsOfStores, GoWhenTheyAreTooOld) {
  const FileStore store(directory_.path(), {}, std::chrono::hours(1));
  keep(store, 1);
  make_older(3'000);
  EXPECT_EQ(part(store, 1).size(), 5u);
  make_older(4'000);
  EXPECT_EQ(part(store, 1).size(), 0u);
  keep(store, 2);
  make_older(4'000);
  const FileStore another(directory_.path(), {}, std::chrono::hours(1));
  EXPECT_EQ(names_in(directory_.path()), Names{});
}

TEST_F(KeptPartsOfStores, OfAnOwnerAreSoManyAndThenTheOldestGoes) {
  const FileStore store(directory_.path());
  const std::string one = key(1'000), other = key(2'000);
  constexpr int kMost = KeptParts::kMostOfOwner;
  keep(store, 1, other);
  keep(store, 2, one);
  make_older(100);
  for (int i = 3; i < kMost + 3; ++i) keep(store, i, one);
  EXPECT_EQ(names_in(kept()).size(), KeptParts::kMostOfOwner + 1);
  EXPECT_EQ(part(store, 1, one).size(), 5u);
  EXPECT_EQ(part(store, kMost + 2, one).size(), 5u);
  EXPECT_EQ(part(store, 2, one).size(), 0u);
}

// Once 16 sources could take all places for a day.
TEST_F(KeptPartsOfStores, AreTakenFromWhoHasTheMostWhereThereIsNoPlace) {
  const FileStore store(directory_.path());
  constexpr int kMost = KeptParts::kMost, kMostOfOwner = KeptParts::kMostOfOwner;
  const std::string poor = key(1'000), newcomer = key(2'000);
  for (int i = 0; i < 2; ++i) keep(store, i, poor);  // older than all others
  make_older(100);
  for (int i = 2; i < kMost; ++i)
    put(kept() + "/" + key(i).substr(0, 32) + "-" + key(3'000 + i / kMostOfOwner).substr(0, 16) + "-100",
        "x");
  keep(store, kMost, newcomer);
  EXPECT_EQ(names_in(kept()).size(), KeptParts::kMost);
  EXPECT_EQ(part(store, kMost, newcomer).size(), 5u);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(part(store, i, poor).size(), 5u);
}

TEST_F(KeptPartsOfStores, AreNotTakenFromWhoIsWritingThem) {
  const FileStore store(directory_.path());
  const std::string one = key(1'000);
  std::list<FilePart> in_progress;
  for (std::size_t i = 0; i < KeptParts::kMostOfOwner; ++i)
    in_progress.emplace_back(store, StorePath::relative("a"), PartTerms{100, one, key(static_cast<int>(i))});
  keep(store, 100, one);
  EXPECT_EQ(part(store, 100, one).size(), 0u);
  in_progress.front().write("hello");
  in_progress.pop_front();
  keep(store, 100, one);
  EXPECT_EQ(part(store, 100, one).size(), 5u);
  EXPECT_EQ(names_in(kept()).size(), KeptParts::kMostOfOwner);
}

// Who went through them took each into its hand for a moment, and its own client found it in use.
TEST_F(KeptPartsOfStores, AreFoundWhileOthersLookForTheirs) {
  const FileStore store(directory_.path());
  std::vector<std::thread> clients;
  std::atomic<int> lost{0};
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&, i] {
      keep(store, i, key(i));
      for (int round = 0; round < 50; ++round) lost += part(store, i, key(i)).size() != 5;
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(lost, 0);
}

// Whoever came after the last one removes the directory; who was waiting for it then lost his part.
TEST_F(KeptPartsOfStores, StayThoughOthersRemoveTheirDirectory) {
  const FileStore store(directory_.path());
  std::vector<std::thread> clients;
  std::atomic<int> lost{0};
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&, i] {
      for (int round = 0; round < 100; ++round) {
        keep(store, i, key(i));
        FilePart again = part(store, i, key(i));
        lost += again.size() != 5;
        again.commit();
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(lost, 0);
}

TEST_F(KeptPartsOfStores, TakeNothingThatIsNoFile) {
  const FileStore store(directory_.path());
  keep(store, 1);
  const std::string name = *names_in(kept()).begin();
  std::filesystem::remove(kept() + "/" + name);
  put(directory_ / "precious", "precious");
  std::filesystem::create_symlink(directory_ / "precious", kept() + "/" + name);
  FilePart again = part(store, 1);
  EXPECT_EQ(again.size(), 0u);
  again.write("x");
  EXPECT_EQ(contents(directory_ / "precious"), "precious");
}

// ---- quotas ----

class StoreQuotas : public KeptPartsOfStores {
 protected:
  static void store(const FileStore& store, const std::string& name, std::size_t size,
                    const std::string& owner = "") {
    FilePart part(store, StorePath::relative(name), {size, owner, ""});
    part.write(std::string(size, 'x'));
    part.commit();
  }
};

TEST_F(StoreQuotas, CountWhatIsThereAlready) {
  std::filesystem::create_directories(directory_ / "d/e");
  put(directory_ / "d/e/a", std::string(600, 'x'));
  keep(FileStore(directory_.path()), 1);
  const FileStore limited(directory_.path(), {1'000, StoreLimits::kNone, StoreLimits::kNone});
  EXPECT_THROW(store(limited, "b", 396), RefusedError);
  store(limited, "b", 395);
  EXPECT_THROW(store(limited, "c", 1), RefusedError);
  std::filesystem::remove(directory_ / "b");
  store(limited, "d/e/a", 0);  // replaces
  store(limited, "c", 600);
}

TEST_F(StoreQuotas, AreSharedByProcessesAndGivenBackByWhoFails) {
  const FileStore limited(directory_.path(), {1'000, 2, StoreLimits::kNone});
  const pid_t child = ::fork();
  if (child == 0) {
    store(limited, "a", 600);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_THROW(store(limited, "b", 401), RefusedError);
  {
    FilePart given_up(limited, StorePath::relative("b"), {400, "", ""});
    EXPECT_THROW(store(limited, "c", 1), RefusedError);
  }
  store(limited, "c", 400);
  EXPECT_THROW(store(limited, "d", 0), RefusedError) << "two files are the limit";
  store(limited, "a", 0);
}

TEST_F(StoreQuotas, CountNothingOfWhatDeadProcessesWrote) {
  const FileStore store(directory_.path());
  put(directory_ / ".upload-part-1-2-900", "half of some");
  const StoreQuota quota(store.fileno(), store.kept(), {1'000, StoreLimits::kNone, StoreLimits::kNone});
  EXPECT_NO_THROW(quota.take({900, 0, true, ""}));
  EXPECT_THROW(quota.take({101, 0, true, ""}), RefusedError);
}

// Each of them subtracted the same old file, or counted the same new one.
TEST_F(StoreQuotas, AreRightWhereManyStoreOneFileAtOnce) {
  const FileStore limited(directory_.path(), {1'000'000, 3, StoreLimits::kNone});
  const auto store_at_once = [&] {
    std::list<FilePart> parts;
    for (int i = 0; i < 3; ++i)
      parts.emplace_back(limited, StorePath::relative("a"), PartTerms{1, "", ""}).write("x");
    std::vector<std::jthread> threads;
    for (FilePart& part : parts) threads.emplace_back([&part] { part.commit(); });
  };
  store_at_once();
  store(limited, "b", 1);
  store(limited, "c", 1);
  for (int round = 0; round < 20; ++round) {
    store(limited, "a", 100'000);
    store_at_once();
  }
  EXPECT_THROW(store(limited, "c", 999'998), RefusedError);
  store(limited, "c", 999'997);
}

// Once the oldest part had gone by then, to make room for the new one.
TEST_F(StoreQuotas, AreAskedBeforeAKeptPartGoes) {
  const FileStore limited(directory_.path(), {1'000, StoreLimits::kNone, StoreLimits::kNone});
  const std::string owner = key(1'000);
  for (int i = 0; i < static_cast<int>(KeptParts::kMostOfOwner); ++i) keep(limited, i, owner);
  const Names before = names_in(kept());
  EXPECT_EQ(before.size(), KeptParts::kMostOfOwner);
  EXPECT_THROW(FilePart(limited, StorePath::relative("a"), {1'000, owner, key(100)}), RefusedError);
  EXPECT_EQ(names_in(kept()), before);
  EXPECT_EQ(part(limited, 3, owner).size(), 5u);
  store(limited, "b", 1'000 - 5 * KeptParts::kMostOfOwner);
  EXPECT_THROW(store(limited, "c", 1), RefusedError);
}

TEST_F(StoreQuotas, OfClientsAreTheirOwn) {
  const FileStore limited(directory_.path(), {StoreLimits::kNone, StoreLimits::kNone, 1'000});
  store(limited, "a", 1'000, key(1));
  EXPECT_THROW(store(limited, "b", 1, key(1)), RefusedError);
  store(limited, "b", 1'000, key(2));
  store(limited, "c", 5'000, "");
}

TEST_F(StoreQuotas, BearSizesBeyondAllMeasure) {
  const FileStore limited(directory_.path(), {1'000, StoreLimits::kNone, 1'000});
  constexpr std::uint64_t kHuge = INT64_MAX;
  for (int i = 0; i < 3; ++i)
    EXPECT_THROW(FilePart(limited, StorePath::relative("a"), {kHuge, key(1), ""}), RefusedError);
  store(limited, "a", 1'000, key(1));
}

}  // namespace
}  // namespace socketserver::testing
