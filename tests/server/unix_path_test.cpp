// The file of a Unix socket: taken over when it is stale, never when it lives, removed when it is ours.
#include "socketserver/server/unix_path.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "net/sockets.hpp"
#include "socketserver/server/unix_server.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

namespace fs = std::filesystem;

RequestHandlerClass no_handler() {
  return [](Request&, const Address&, BaseServer&) {};
}

class UnixPathTest : public ::testing::Test {
 protected:
  template <class Server>
  std::unique_ptr<Server> make() {
    return std::make_unique<Server>(Address(path_), no_handler());
  }
  /// A file that a dead server left behind.
  void leave_stale_file(int type) { Socket(AF_UNIX, type).bind(Address(path_)); }
  /// Another server's attempt fails, and leaves the file to the one that has it.
  template <class Server>
  void expect_in_use() {
    struct stat before {
    }, after{};
    ::lstat(path_.c_str(), &before);
    EXPECT_EQ(message_of<OSError>([&] { make<Server>()->bind_and_activate(); }),
              "bind unix:" + path_ + ": Address already in use");
    ASSERT_EQ(::lstat(path_.c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "socket";
};

template <class Server>
class UnixServer : public UnixPathTest {};
using UnixServers = ::testing::Types<UnixStreamServer, UnixDatagramServer>;
TYPED_TEST_SUITE(UnixServer, UnixServers);

TYPED_TEST(UnixServer, makes_its_file_and_removes_it) {
  auto server = this->template make<TypeParam>();
  EXPECT_FALSE(fs::exists(this->path_));
  server->bind_and_activate();
  EXPECT_TRUE(fs::is_socket(this->path_));
  server->server_close();
  EXPECT_FALSE(fs::exists(this->path_));
  server->bind_and_activate();
  server.reset();
  EXPECT_FALSE(fs::exists(this->path_));
}

TYPED_TEST(UnixServer, takes_over_the_file_of_a_dead_server_of_either_type) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    this->leave_stale_file(type);
    ASSERT_TRUE(fs::is_socket(this->path_));
    this->template make<TypeParam>()->bind_and_activate();
    EXPECT_FALSE(fs::exists(this->path_));
  }
}

TYPED_TEST(UnixServer, never_takes_over_a_living_stream_server) {
  auto living = this->template make<UnixStreamServer>();
  living->bind_and_activate();
  this->template expect_in_use<TypeParam>();
  EXPECT_FALSE(wait_readable(living->fileno(), Deadline::now())) << "the attempt looked like a client";
}

TYPED_TEST(UnixServer, never_takes_over_a_living_datagram_server) {
  auto living = this->template make<UnixDatagramServer>();
  living->bind_and_activate();
  this->template expect_in_use<TypeParam>();
}

// Such a one refuses connections as a dead one does, and lost its file once.
TYPED_TEST(UnixServer, never_takes_over_one_that_is_bound_and_does_not_listen_yet) {
  Socket foreign(AF_UNIX, SOCK_STREAM);
  foreign.bind(Address(this->path_));
  this->template expect_in_use<TypeParam>();
  foreign.listen();
  EXPECT_NO_THROW(create_connection(Address(this->path_)));
}

TYPED_TEST(UnixServer, never_takes_over_one_whose_backlog_is_full) {
  Socket busy(AF_UNIX, SOCK_STREAM);
  busy.bind(Address(this->path_));
  busy.listen(0);
  const Socket client = create_connection(Address(this->path_));
  this->template expect_in_use<TypeParam>();
}

TYPED_TEST(UnixServer, never_takes_over_a_datagram_socket_that_is_connected_elsewhere) {
  Socket other(AF_UNIX, SOCK_DGRAM), living(AF_UNIX, SOCK_DGRAM);
  other.bind(Address(this->directory_ / "other"));
  living.bind(Address(this->path_));
  living.connect(other.getsockname());
  this->template expect_in_use<TypeParam>();
}

TYPED_TEST(UnixServer, leaves_a_file_alone_that_is_no_socket) {
  std::ofstream(this->path_) << "precious";
  this->template expect_in_use<TypeParam>();
  EXPECT_EQ(fs::file_size(this->path_), 8u);
}

TYPED_TEST(UnixServer, leaves_a_symbolic_link_alone_even_to_a_stale_socket) {
  this->leave_stale_file(SOCK_STREAM);
  fs::rename(this->path_, this->directory_ / "real");
  fs::create_symlink(this->directory_ / "real", this->path_);
  this->template expect_in_use<TypeParam>();
  EXPECT_TRUE(fs::is_symlink(this->path_));
  EXPECT_TRUE(fs::exists(this->directory_ / "real"));
}

TYPED_TEST(UnixServer, does_not_remove_somebody_elses_file_at_close) {
  auto server = this->template make<TypeParam>();
  server->bind_and_activate();
  fs::remove(this->path_);
  Socket other(AF_UNIX, SOCK_STREAM);
  other.bind(Address(this->path_));
  other.listen();
  server->server_close();
  EXPECT_NO_THROW(create_connection(Address(this->path_)));
}

TYPED_TEST(UnixServer, does_not_remove_a_file_that_replaced_ours) {
  auto server = this->template make<TypeParam>();
  server->bind_and_activate();
  fs::remove(this->path_);
  std::ofstream(this->path_) << "precious";
  server.reset();
  EXPECT_TRUE(fs::exists(this->path_));
}

TYPED_TEST(UnixServer, can_be_abstract_and_leaves_no_file) {
  const Address name(std::string(1, '\0') + "socketserver-test-" + std::to_string(::getpid()));
  TypeParam server(name, no_handler()), second(name, no_handler());
  server.bind_and_activate();
  EXPECT_EQ(server.server_address(), name);
  EXPECT_THROW(second.bind_and_activate(), OSError);
  server.server_close();
  EXPECT_NO_THROW(second.bind_and_activate());
}

TYPED_TEST(UnixServer, says_what_is_wrong_with_its_directory) {
  TypeParam server(Address(this->directory_ / "missing/socket"), no_handler());
  EXPECT_THROW(server.bind_and_activate(), FileNotFoundError);
}

// ---- races ----

// Both saw the dead server's file once, and the second removed the living file of the first.
TYPED_TEST(UnixServer, wins_a_stale_path_alone_among_two_that_race_for_it) {
  for (int round = 0; round < 200; ++round) {
    this->leave_stale_file(SOCK_STREAM);
    std::array<std::unique_ptr<TypeParam>, 2> servers{this->template make<TypeParam>(),
                                                      this->template make<TypeParam>()};
    std::atomic<int> winners{0};
    std::barrier start(2);
    const auto race = [&](TypeParam& server) {
      start.arrive_and_wait();
      try {
        server.bind_and_activate();
        ++winners;
      } catch (const OSError& error) {
        EXPECT_EQ(error.errnum(), EADDRINUSE);
      }
    };
    std::thread first(race, std::ref(*servers[0])), second(race, std::ref(*servers[1]));
    first.join();
    second.join();
    ASSERT_EQ(winners, 1) << "round " << round;
    ASSERT_TRUE(fs::is_socket(this->path_));
    servers = {};
    ASSERT_FALSE(fs::exists(this->path_));
  }
}

}  // namespace
}  // namespace socketserver::testing
