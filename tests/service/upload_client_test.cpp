// The client of uploads, at a server of which the test says everything.
#include "socketserver/service/upload_client.hpp"

#include "service/upload_fixture.hpp"
#include "socketserver/net/platform.hpp"

namespace socketserver::testing {
namespace {

using namespace std::chrono_literals;

/// A connection to a server that takes whatever comes and answers each file, and only when it is waited for.
/// Tells for how long.
class SlowServer : public Socket {
 public:
  explicit SlowServer(platform::SocketPair pair)
      : Socket(std::move(pair.one)), nothing_comes_(std::move(pair.other)) {}
  std::size_t send(std::string_view data, int) override { return data.size(); }
  std::size_t recv_into(std::span<char> buffer, int) override {
    waited.push_back(gettimeout());
    const std::string reply = waited.size() > files ? "" : frame(R"({"ok": true, "filename": "a"})");
    return reply.copy(buffer.data(), buffer.size());
  }
  std::size_t files = 1;
  std::vector<Timeout> waited;

 private:
  Fd nothing_comes_;
};

/// Uploads of 100 MB, which take no room here.
class UploadClients : public ::testing::Test {
 protected:
  UploadClients() {
    put(directory_ / "a", "");
    std::filesystem::resize_file(directory_ / "a", 100'000'000);
    server_.settimeout(30s);
  }
  void send() {
    client_.send(PreparedUpload({directory_ / "a", {}, {}, false, false}, UploadForm::kCmd), {});
  }

  const TemporaryDirectory directory_;
  SlowServer server_{platform::socket_pair()};
  UploadClient client_{server_};
};

// Who sent gigabytes to a slow disk was told that the server neither answers nor closes.
TEST_F(UploadClients, WaitLongerForAServerThatHasMuchToWrite) {
  server_.files = 2;
  send();
  send();
  EXPECT_EQ(client_.finish().size(), 2u);
  EXPECT_EQ(server_.waited.at(0), 30s + 4s);
}

TEST_F(UploadClients, WaitAsUsualAfterwards) {
  send();
  client_.settle();
  EXPECT_EQ(server_.waited.at(0), 30s + 2s);
  EXPECT_EQ(client_.finish().size(), 1u);
  EXPECT_EQ(server_.waited.at(1), 30s);
  EXPECT_EQ(server_.gettimeout(), 30s);
}

}  // namespace
}  // namespace socketserver::testing
