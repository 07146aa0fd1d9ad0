// What platform::open_beneath() promises, on Linux and elsewhere.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "socketserver/net/fd.hpp"

namespace socketserver::testing {

template <class Open>
void expect_nothing_outside(Open open) {
  std::string directory = ::testing::TempDir() + "open-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string inner = directory + "/inner";
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  ASSERT_EQ(::mkdir((inner + "/deep").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("..", (inner + "/up").c_str()), 0);
  ASSERT_EQ(::symlink("deep", (inner + "/link").c_str()), 0);
  const Fd at(::open(inner.c_str(), O_RDONLY | O_DIRECTORY));
  const auto errno_of = [&](const char* path) { return open(at.get(), path, O_RDONLY) ? 0 : errno; };
  for (const char* path : {".", "deep", "deep/", "deep/."}) EXPECT_EQ(errno_of(path), 0) << path;
  EXPECT_EQ(errno_of("none"), ENOENT);
  EXPECT_EQ(errno_of("none/a"), ENOENT);
  // A link is none of the directories that there must be.
  for (const char* path : {"up", "link", "up/inner", "up/", "link/", "deep/../up"})
    EXPECT_NE(errno_of(path), 0) << path;
  std::filesystem::remove_all(directory);
}

}  // namespace socketserver::testing
