// Paths that strangers name, and what is found in directories.
#include "socketserver/service/store_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "service/upload_fixture.hpp"
#include "socketserver/service/directory_walk.hpp"

namespace socketserver::testing {
namespace {

using namespace std::string_literals;

Fd opened(const std::string& directory) {
  return Fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

TEST(StorePaths, AreNamesFromTheTopDown) {
  const StorePath path = StorePath::relative("a/b/计.txt");
  EXPECT_EQ(path.name(), "计.txt");
  EXPECT_EQ(path.directories().size(), 2u);
  EXPECT_EQ(path.directories()[0], "a");
  EXPECT_EQ(path.text(), "a/b/计.txt");
  EXPECT_TRUE(StorePath::relative("a").directories().empty());
  EXPECT_EQ(StorePath::relative("...").name(), "...");
  EXPECT_TRUE(StorePath().empty());
  EXPECT_TRUE(StorePath().directories().empty());
}

TEST(StorePaths, ThatLeadElsewhereAreRefused) {
  for (const std::string& path : {""s,
                                  "/"s,
                                  "/a"s,
                                  "a/"s,
                                  "a//b"s,
                                  "."s,
                                  ".."s,
                                  "a/.."s,
                                  "../a"s,
                                  "./a"s,
                                  "a/./b"s,
                                  "a\0/b"s,
                                  "a\n"s,
                                  "a/\x7f"s,
                                  "\xff"s,
                                  "a/\xc0\xaf/b"s,
                                  ".upload-part-x/a"s,
                                  "a/.upload-part-x"s,
                                  std::string(256, 'x'),
                                  "a/" + std::string(256, 'x')})
    EXPECT_THROW(StorePath::relative(path), RefusedError) << ::testing::PrintToString(path);
}

TEST(StorePaths, OfOneNameAreTheLastPartOfAny) {
  const auto last_part = [](const std::string& path) { return StorePath::last_part(path).text(); };
  EXPECT_EQ(last_part("a.txt"), "a.txt");
  EXPECT_EQ(last_part("/a/b/c/d/e/a.txt"), "a.txt");
  EXPECT_EQ(last_part("../../etc/passwd"), "passwd");
  EXPECT_EQ(last_part("计算机五大.txt"), "计算机五大.txt");
  EXPECT_EQ(last_part("C:\\a.txt"), "C:\\a.txt");
  EXPECT_EQ(last_part(" "), " ");
  EXPECT_EQ(last_part(".hidden"), ".hidden");
  EXPECT_EQ(last_part("..."), "...");
  EXPECT_EQ(last_part(std::string(255, 'x')), std::string(255, 'x'));
  for (const std::string& path : {""s, "."s, ".."s, "/"s, "a/"s, "../.."s, "a/."s, "a\0b"s, "\0"s, "a/\0"s,
                                  "a\nb"s, "\x7f"s, "\x1b[2J"s, std::string(256, 'x'), ".upload-part-1"s})
    EXPECT_THROW(last_part(path), RefusedError) << ::testing::PrintToString(path);
}

TEST(StorePaths, HaveALimitOfDepthAndLength) {
  std::string deepest = "x";
  for (std::size_t i = 0; i < StorePath::kDeepest; ++i) deepest += "/x";
  EXPECT_EQ(StorePath::relative(deepest).directories().size(), StorePath::kDeepest);
  EXPECT_THROW(StorePath::relative(deepest + "/x"), RefusedError);
  std::string long_one = std::string(255, 'x');
  for (int i = 0; i < 15; ++i) long_one += "/" + std::string(255, 'x');
  EXPECT_EQ(StorePath::relative(long_one).text(), long_one);
  EXPECT_THROW(StorePath::relative(long_one + "/x"), RefusedError);
}

TEST(StorePaths, AreOpenedWithoutFollowingLinks) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "a/b");
  std::filesystem::create_directory_symlink("b", directory / "a/link");
  put(directory / "a/file", "");
  const Fd top = opened(directory.path());
  std::size_t there = 0;
  const auto open = [&](const std::string& path, bool create) {
    return open_directories(top.get(), StorePath::relative(path).names(), create ? &there : nullptr);
  };
  EXPECT_TRUE(open("a/b", false));
  EXPECT_THROW(open("a/link", false), RefusedError);
  EXPECT_THROW(open("a/link/c", true), RefusedError);
  EXPECT_THROW(open("a/file", true), RefusedError);
  EXPECT_THROW(open("a/c/d", false), FileNotFoundError);
  EXPECT_TRUE(open("a/c/d", true));
  EXPECT_EQ(there, 1u);
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/c/d"));
  EXPECT_EQ(names_in(directory / "a/b"), Names{});
}

TEST(DirectoryWalks, TellEverythingOnceAndParentsFirst) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "d/e");
  put(directory / "a", "12345");
  put(directory / "d/e/b", "");
  put(directory / "\xff", "");
  put(directory / ".upload-part-1", "");
  std::filesystem::create_symlink("a", directory / "link");
  std::string seen;
  Names names;
  for (DirectoryWalk walk(opened(directory.path()), true); const auto entry = walk.next();) {
    const bool other = entry->kind == DirectoryWalk::Kind::kOther;
    EXPECT_TRUE(names.insert((other ? "other " : "") + entry->path).second);
    seen += entry->path + " ";
    EXPECT_EQ(entry->size, entry->path == "a" ? 5u : entry->size);
  }
  EXPECT_EQ(names, (Names{"a", "d", "d/e", "d/e/b", "other \xff", "other link"}));
  EXPECT_LT(seen.find("d/e "), seen.find("d/e/b "));
}

TEST(DirectoryWalks, HaveALimitOfDepth) {
  const TemporaryDirectory directory;
  std::string deep;
  for (std::size_t i = 0; i < 2 * StorePath::kDeepest; ++i) deep += "/x";
  std::filesystem::create_directories(directory.path() + deep);
  const std::size_t before = open_descriptors();
  std::size_t count = 0, others = 0;
  for (DirectoryWalk walk(opened(directory.path()), true); const auto entry = walk.next(); ++count)
    others += entry->kind == DirectoryWalk::Kind::kOther;
  EXPECT_EQ(count, StorePath::kDeepest + 1);
  EXPECT_EQ(others, 1u);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace socketserver::testing
