// The digest of a stream is the same, whoever computes it and however the stream was cut.
#include "socketserver/service/md5_pipe.hpp"

#include <random>

#include "service/upload_fixture.hpp"

namespace socketserver::testing {
namespace {

constexpr std::size_t kBlock = 4096;

Md5::Digest plain(const std::string& bytes) {
  Md5 md5;
  md5.update(bytes);
  return md5.digest();
}

/// Pieces of every length a block can hold, as recv gives them.
Md5::Digest piped(const std::string& bytes, std::uint64_t expected_size) {
  Md5Pipe pipe(expected_size);
  std::mt19937 random(1);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, random() % kBlock + 1);
    pipe.block().assign(bytes, at, size);
    pipe.push(size);
    at += size;
  }
  return pipe.digest();
}

void push(Md5Pipe& pipe, std::size_t size) {
  for (; size > 0; size -= std::min(size, kBlock)) {
    pipe.block().resize(kBlock);
    pipe.push(std::min(size, kBlock));
  }
}

TEST(Md5Pipe, HashesShortStreamsWithoutAThread) {
  const std::size_t threads = running_threads();
  Md5Pipe pipe(2 * Md5Pipe::kWorthAThread - 1);
  push(pipe, 2 * Md5Pipe::kWorthAThread - 1);
  EXPECT_EQ(running_threads(), threads);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBlock, 10 * kBlock + 1}) {
    const std::string bytes = bytes_of(size);
    EXPECT_EQ(piped(bytes, size), plain(bytes)) << size;
  }
}

// An announcement once cost a thread and a MiB.
TEST(Md5Pipe, BeginsAThreadOnlyWhenSomethingHasCome) {
  const std::size_t threads = running_threads();
  Md5Pipe pipe(std::uint64_t{1} << 40);
  push(pipe, Md5Pipe::kWorthAThread - 1);
  EXPECT_EQ(running_threads(), threads);
  push(pipe, 1);
  const std::size_t more = std::thread::hardware_concurrency() > 1 ? 1 : 0;
  EXPECT_TRUE(eventually([&] { return running_threads() == threads + more; }));
}

TEST(Md5Pipe, HashesLongStreamsBesideTheCaller) {
  const std::string bytes = bytes_of(Md5Pipe::kWorthAThread * 2 + 1);
  EXPECT_EQ(piped(bytes, bytes.size()), plain(bytes));
}

TEST(Md5Pipe, BelievesNoAnnouncement) {
  const std::string some = bytes_of(3 * kBlock);
  EXPECT_EQ(piped(some, std::uint64_t{1} << 40), plain(some));
  const std::string more = bytes_of(Md5Pipe::kWorthAThread);
  EXPECT_EQ(piped(more, 1), plain(more));
}

TEST(Md5Pipe, LeavesNoThreadWhereTheStreamBreaksOff) {
  const std::size_t threads = running_threads();
  for (int i = 0; i < 10; ++i) {
    Md5Pipe pipe(3 * Md5Pipe::kWorthAThread);
    push(pipe, 2 * Md5Pipe::kWorthAThread);
    pipe.block();
  }
  EXPECT_TRUE(eventually([&] { return running_threads() == threads; }));
}

}  // namespace
}  // namespace socketserver::testing
