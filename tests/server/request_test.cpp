// A request: who owns its connection, and that its end is told once.
#include "socketserver/server/request.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

#include "net/sockets.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

class CountingOwner final : public RequestOwner {
 public:
  void request_ended(const Request&) noexcept override { ++ends; }
  int ends = 0;
};

class RequestTest : public ::testing::Test {
 protected:
  Request make() { return Request(std::move(pair_.theirs), Address("client")); }
  bool client_sees_end() {
    return wait_readable(pair_.ours.fileno(), Deadline::now()) && pair_.ours.recv(1).empty();
  }
  Pair pair_ = unix_pair();
  CountingOwner owner_;
};

TEST_F(RequestTest, of_a_connection_passes_calls_on) {
  Request request = make();
  EXPECT_FALSE(request.is_datagram());
  EXPECT_FALSE(request.truncated());
  EXPECT_EQ(request.packet(), "");
  EXPECT_EQ(request.client_address(), Address("client"));
  EXPECT_EQ(request.fileno(), request.socket().fileno());
  pair_.ours.sendall("question");
  EXPECT_EQ(request.recv(100), "question");
  request.sendall("answer");
  EXPECT_EQ(request.send("!"), 1u);
  EXPECT_EQ(pair_.ours.recv(100), "answer!");
  request.shutdown(SHUT_WR);
  EXPECT_TRUE(client_sees_end());
  request.settimeout(std::chrono::milliseconds(1));
  EXPECT_THROW(request.recv(1), TimeoutError);
}

TEST_F(RequestTest, closes_its_connection_when_it_goes) {
  {
    const Request request = make();
    EXPECT_FALSE(client_sees_end());
  }
  EXPECT_TRUE(client_sees_end());
}

TEST_F(RequestTest, closes_its_connection_at_close_and_only_once) {
  Request request = make();
  request.close();
  request.close();
  EXPECT_TRUE(client_sees_end());
  EXPECT_EQ(request.fileno(), -1);
  request.interrupt();
}

TEST_F(RequestTest, moves_with_everything) {
  Request first = make();
  first.set_owner(&owner_);
  Request second(std::move(first));
  EXPECT_FALSE(client_sees_end());
  EXPECT_FALSE(second.ended());
  EXPECT_EQ(second.client_address(), Address("client"));
  std::optional<Request> third(std::move(second));
  EXPECT_EQ(owner_.ends, 0);
  third.reset();
  EXPECT_EQ(owner_.ends, 1);
  EXPECT_TRUE(client_sees_end());
}

TEST_F(RequestTest, that_was_moved_from_has_ended_and_tells_nobody) {
  {
    Request first = make();
    first.set_owner(&owner_);
    Request second(std::move(first));
    EXPECT_TRUE(first.ended());        // NOLINT(bugprone-use-after-move): what the test is about
    EXPECT_FALSE(first.mark_ended());  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(second.mark_ended());
    EXPECT_FALSE(second.mark_ended());
    EXPECT_TRUE(second.ended());
  }
  EXPECT_EQ(owner_.ends, 1);
}

TEST_F(RequestTest, tells_its_owner_of_the_one_that_an_assignment_replaces) {
  CountingOwner other_owner;
  Pair other = unix_pair();
  Request replaced(std::make_unique<Socket>(std::move(other.theirs)), Address("other"));
  replaced.set_owner(&other_owner);
  Request request = make();
  request.set_owner(&owner_);
  replaced = std::move(request);
  EXPECT_EQ(other_owner.ends, 1);
  EXPECT_EQ(owner_.ends, 0);
  EXPECT_EQ(other.ours.recv(1), "");
  EXPECT_EQ(replaced.client_address(), Address("client"));
}

TEST_F(RequestTest, can_be_given_back_to_where_it_was_moved_from) {
  Request request = make();
  request.set_owner(&owner_);
  Request taken(std::move(request));
  request = std::move(taken);
  EXPECT_FALSE(request.ended());
  pair_.ours.sendall("still there");
  EXPECT_EQ(request.recv(100), "still there");
  EXPECT_EQ(owner_.ends, 0);
}

TEST_F(RequestTest, has_its_connection_gone_when_the_owner_is_told) {
  struct Owner final : RequestOwner {
    void request_ended(const Request&) noexcept override { descriptors = open_descriptors(); }
    std::size_t descriptors = 0;
  } owner;
  std::optional<Request> request(make());
  const std::size_t before = open_descriptors();
  request->set_owner(&owner);
  request.reset();
  EXPECT_EQ(owner.descriptors, before - 1);
}

TEST_F(RequestTest, of_a_datagram_leaves_the_servers_socket_open) {
  Pair pair = unix_pair(SOCK_DGRAM);
  {
    Request request(pair.ours, "packet", true, Address("client"));
    request.set_owner(&owner_);
    EXPECT_TRUE(request.is_datagram());
    EXPECT_EQ(request.packet(), "packet");
    EXPECT_TRUE(request.truncated());
    EXPECT_EQ(&request.socket(), &pair.ours);
    request.close();
    request.interrupt();
    Request moved(std::move(request));
    EXPECT_EQ(moved.packet(), "packet");
  }
  EXPECT_EQ(owner_.ends, 1);
  pair.ours.send("open");
  EXPECT_EQ(pair.theirs.recv(10), "open");
}

TEST_F(RequestTest, can_be_interrupted_from_another_thread) {
  Request request = make();
  std::thread other([&] { request.interrupt(); });
  EXPECT_EQ(request.recv(1), "");
  other.join();
}

TEST_F(RequestTest, gives_its_connection_away) {
  pair_.theirs.settimeout(std::chrono::milliseconds(1));
  std::unique_ptr<Socket> kept;
  {
    Request request = make();
    kept = request.detach();
    EXPECT_FALSE(request.is_datagram());
    EXPECT_EQ(request.fileno(), -1);
    EXPECT_THROW(request.recv(1), OSError);
    request.interrupt();
    request.close();
  }
  kept->sendall("kept");
  EXPECT_EQ(pair_.ours.recv(100), "kept");
  EXPECT_EQ(kept->gettimeout(), std::nullopt);
}

/// Sends everything twice.
class Stutter : public Socket {
 public:
  explicit Stutter(Socket&& plain) : Socket(std::move(plain)) {}
  std::size_t send(std::string_view data, int flags) override {
    Socket::send(data, flags);
    return Socket::send(data, flags);
  }
};

std::unique_ptr<Socket> make_stutter(Socket&& plain) { return std::make_unique<Stutter>(std::move(plain)); }

TEST_F(RequestTest, puts_a_socket_of_another_class_in_place_of_its_own) {
  pair_.theirs.settimeout(std::chrono::milliseconds(1));
  Request request = make();
  request.wrap(make_stutter);
  request.sendall("tick");
  EXPECT_EQ(pair_.ours.recv(100), "ticktick");
  EXPECT_EQ(request.socket().gettimeout(), std::chrono::milliseconds(1));
  EXPECT_NE(dynamic_cast<Stutter*>(request.detach().get()), nullptr);
}

TEST_F(RequestTest, that_was_interrupted_stays_so_with_another_socket) {
  Request request = make();
  request.interrupt();
  request.wrap(make_stutter);
  EXPECT_EQ(request.recv(1), "");
}

TEST_F(RequestTest, interrupted_while_its_socket_is_replaced_has_the_new_one_interrupted) {
  Request request = make();
  request.wrap([&](Socket&& plain) {
    request.interrupt();
    return make_stutter(std::move(plain));
  });
  EXPECT_EQ(request.recv(1), "");
}

TEST_F(RequestTest, keeps_its_connection_when_there_is_no_other_socket_for_it) {
  Request request = make();
  const auto fail = [](Socket&&) -> std::unique_ptr<Socket> { throw std::runtime_error("no certificate"); };
  EXPECT_THROW(request.wrap(fail), std::runtime_error);
  request.sendall("still here");
  EXPECT_EQ(pair_.ours.recv(100), "still here");
}

}  // namespace
}  // namespace socketserver::testing
