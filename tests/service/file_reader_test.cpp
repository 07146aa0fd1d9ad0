// Reading files, and for whom.
#include "socketserver/service/file_reader.hpp"

#include <thread>

#include "service/upload_fixture.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver::testing {
namespace {

TEST(FileReaders, HashOnlyAsLongAsSomebodyWaitsForIt) {
  const TemporaryDirectory directory;
  put(directory / "a", "");
  constexpr std::uint64_t kHours = std::uint64_t{1} << 40;
  std::filesystem::resize_file(directory / "a", kHours);
  platform::SocketPair pair = platform::socket_pair();
  Socket ours(std::move(pair.one));
  std::jthread interrupting([&] { ours.interrupt(); });
  EXPECT_THROW(FileReader(directory / "a").sha256(kHours, &ours), ConnectionAbortedError);
}

TEST(FileReaders, HashForAPeerThatOnlySaysNoMore) {
  const TemporaryDirectory directory;
  put(directory / "a", "hello");
  platform::SocketPair pair = platform::socket_pair();
  const Socket ours(std::move(pair.one));
  Socket theirs(std::move(pair.other));
  theirs.shutdown(SHUT_WR);
  EXPECT_EQ(FileReader(directory / "a").sha256(5, &ours)->hexdigest(), Sha256("hello").hexdigest());
}

}  // namespace
}  // namespace socketserver::testing
