// Files that come whole or not at all, and never outside of their directory.
#include "socketserver/service/file_store.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/upload_fixture.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

// ---- parts ----

/// Of a file known by the last part of a path.
struct Part : FilePart {
  Part(const FileStore& store, std::string_view path) : FilePart(store, StorePath::last_part(path), {}) {}
};

class FileStores : public ::testing::Test {
 protected:
  void store(const std::string& name, const std::string& text) {
    Part part(store_, name);
    part.write(text);
    part.commit();
  }
  const TemporaryDirectory directory_;
  const FileStore store_{directory_.path()};
};

TEST_F(FileStores, ShowAFileOnlyWhenItIsCommitted) {
  Part part(store_, "some/where/a.txt");
  EXPECT_EQ(part.name(), "a.txt");
  part.write("hello ");
  part.write("");
  part.write("you");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "a.txt"));
  part.commit();
  EXPECT_EQ(contents(directory_ / "a.txt"), "hello you");
  EXPECT_EQ(names_in(directory_.path()), Names{"a.txt"});
}

TEST_F(FileStores, LeaveNothingOfAPartThatWasGivenUp) {
  store("a.txt", "old");
  {
    Part part(store_, "a.txt");
    part.write("new");
    EXPECT_EQ(names_in(directory_.path()).size(), 2u);
  }
  EXPECT_EQ(contents(directory_ / "a.txt"), "old");
  EXPECT_EQ(names_in(directory_.path()), Names{"a.txt"});
}

TEST_F(FileStores, ReplaceTheOldFileByTheWholeNewOne) {
  store("a.txt", "old and longer than the new one");
  store("a.txt", "new");
  EXPECT_EQ(contents(directory_ / "a.txt"), "new");
}

TEST_F(FileStores, KeepTwoPartsOfOneNameApart) {
  Part one(store_, "a.txt"), other(store_, "a.txt");
  one.write("one");
  other.write("other");
  other.commit();
  EXPECT_EQ(contents(directory_ / "a.txt"), "other");
  one.commit();
  EXPECT_EQ(contents(directory_ / "a.txt"), "one");
}

TEST_F(FileStores, GiveFilesTheModeThatTheUmaskLeaves) {
  const mode_t before = ::umask(027);
  store("a.txt", "");
  ::umask(before);
  struct stat status;
  ASSERT_EQ(::stat((directory_ / "a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(FileStores, ReplaceASymbolicLinkInsteadOfFollowingIt) {
  const TemporaryDirectory elsewhere;
  put(elsewhere / "precious", "precious");
  std::filesystem::create_symlink(elsewhere / "precious", directory_ / "a.txt");
  store("a.txt", "new");
  EXPECT_EQ(contents(elsewhere / "precious"), "precious");
  EXPECT_EQ(contents(directory_ / "a.txt"), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(directory_ / "a.txt"));
}

TEST_F(FileStores, RefuseANameThatADirectoryHas) {
  std::filesystem::create_directory(directory_ / "empty");
  std::filesystem::create_directories(directory_ / "full/of/it");
  for (const std::string name : {"empty", "full"}) EXPECT_THROW(store(name, "new"), RefusedError) << name;
  EXPECT_EQ(names_in(directory_.path()), (Names{"empty", "full"}));
}

TEST_F(FileStores, SayThatTheDiskIsFullAndLeaveNothing) {
  store("a.txt", "old");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(store("a.txt", std::string(1001, 'x')), OSError);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(contents(directory_ / "a.txt"), "old");
  EXPECT_EQ(names_in(directory_.path()), Names{"a.txt"});
}

TEST_F(FileStores, LeaveNoDirectoriesThatWereMadeForAFileThatCannotGetThere) {
  std::filesystem::create_directories(directory_ / "d/empty");
  FilePart part(store_, StorePath::relative("d/new/deep/a"), {});
  for (const std::string& name : names_in(directory_.path()))
    if (name != "d") std::filesystem::remove(directory_ / name);  // what was to become the file
  EXPECT_THROW(part.commit(), OSError);
  EXPECT_EQ(names_in(directory_ / "d"), Names{"empty"});
}

TEST_F(FileStores, LeakNoDescriptors) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    store("a.txt", "x");
    const FileStore another(directory_.path());
    EXPECT_THROW(Part(another, ".."), RefusedError);
  }
  EXPECT_EQ(open_descriptors(), before);
}

// ---- what a dead process left ----

TEST_F(FileStores, SweepPartsThatNobodyWritesAnyMore) {
  put(directory_ / ".upload-part-1-2", "half of some");
  put(directory_ / "a.txt", "old");
  put(directory_ / ".upload-parts", "another's");
  Part living(store_, "b.txt");
  living.write("living");
  const FileStore another(directory_.path());
  EXPECT_FALSE(std::filesystem::exists(directory_ / ".upload-part-1-2"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / ".upload-parts"));
  EXPECT_EQ(contents(directory_ / "a.txt"), "old");
  living.commit();
  EXPECT_EQ(contents(directory_ / "b.txt"), "living");
}

TEST_F(FileStores, SweepNowAndThenWhileTheyLive) {
  Part living(store_, "b.txt");
  const pid_t child = ::fork();
  if (child == 0) {
    Part part(store_, "a.txt");
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(names_in(directory_.path()).size(), 2u);
  Part(store_, "c.txt").commit();
  EXPECT_EQ(names_in(directory_.path()).size(), 3u) << "it has just been looked at";
  store_.sweep(std::chrono::seconds(0));
  EXPECT_EQ(names_in(directory_.path()).size(), 2u);
  living.commit();
  EXPECT_EQ(names_in(directory_.path()), (Names{"b.txt", "c.txt"}));
}

TEST_F(FileStores, SweepNothingButFiles) {
  const TemporaryDirectory elsewhere;
  put(elsewhere / "precious", "precious");
  std::filesystem::create_symlink(elsewhere / "precious", directory_ / ".upload-part-link");
  std::filesystem::create_directory(directory_ / ".upload-part-directory");
  ASSERT_EQ(::mkfifo((directory_ / ".upload-part-fifo").c_str(), 0600), 0);
  const FileStore another(directory_.path());
  EXPECT_EQ(contents(elsewhere / "precious"), "precious");
  EXPECT_TRUE(std::filesystem::is_directory(directory_ / ".upload-part-directory"));
}

// ---- the directory ----

TEST(FileStoreDirectory, IsCreatedWithItsParents) {
  const TemporaryDirectory directory;
  const FileStore store(directory / "not/yet/there");
  Part part(store, "a.txt");
  part.commit();
  EXPECT_EQ(names_in(directory / "not/yet/there"), Names{"a.txt"});
}

TEST(FileStoreDirectory, MayBeASymbolicLinkItself) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_directory_symlink(directory / "real", directory / "link");
  const FileStore store(directory / "link");
  Part(store, "a.txt").commit();
  EXPECT_EQ(names_in(directory / "real"), Names{"a.txt"});
}

TEST(FileStoreDirectory, ThatCannotBeOneIsNamed) {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  for (const std::string& path : {directory / "file", directory / "file/below"}) {
    try {
      const FileStore store(path);
      ADD_FAILURE() << path;
    } catch (const OSError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
      EXPECT_EQ(error.errnum(), ENOTDIR);
    }
  }
  EXPECT_THROW(FileStore(""), OSError);
}

// Parts made before stay where they were opened, whatever becomes of the path.
TEST(FileStoreDirectory, CanBeMovedMeanwhile) {
  const TemporaryDirectory directory;
  const FileStore store(directory / "old");
  Part part(store, "a.txt");
  std::filesystem::rename(directory / "old", directory / "new");
  part.write("hello");
  part.commit();
  EXPECT_EQ(contents(directory / "new/a.txt"), "hello");
}

}  // namespace
}  // namespace socketserver::testing
