// What handler<H>() makes, and what a handler has from the start.
#include <gtest/gtest.h>

#include <memory>

#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

const Address kAnyPort("127.0.0.1", 0);

/// What a server with this handler says to a client that says nothing: a server that closes with something
/// unread resets the connection, and its answer may be lost.
template <class Server = ThreadingTCPServer>
std::string ask(RequestHandlerClass handler) {
  Serving<Server> serving(kAnyPort, std::move(handler));
  Socket client = serving.start().connect();
  return read_all(client);
}

struct Greeting : BaseRequestHandler {
  Greeting(std::string word, int times) : word_(std::move(word)), times_(times) {}
  void handle() override {
    while (times_-- > 0) request().sendall(std::exchange(word_, word_ + "!"));
  }
  std::string word_;
  int times_;
};

TEST(HandlerFactory, GivesEachRequestAHandlerOfItsOwnMadeOfTheArguments) {
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Greeting>("hi", 2));
  serving.start();
  for (int i = 0; i < 3; ++i) {
    Socket client = serving.connect();
    EXPECT_EQ(read_all(client), "hihi!");
  }
}

struct Counted : BaseRequestHandler {
  explicit Counted(std::atomic<int>* alive) : alive_(alive) { ++*alive_; }
  ~Counted() override { --*alive_; }
  void handle() override {
    while (!request().recv(1).empty()) {
    }
  }
  std::atomic<int>* alive_;
};

TEST(HandlerFactory, MakesAHandlerThatLivesAsLongAsItsRequest) {
  std::atomic<int> alive{0};
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Counted>(&alive));
  serving.start();
  Socket one = serving.connect(), two = serving.connect();
  EXPECT_TRUE(eventually([&] { return alive == 2; }));
  one.close();
  EXPECT_TRUE(eventually([&] { return alive == 1; }));
  two.close();
  EXPECT_TRUE(eventually([&] { return alive == 0; }));
}

struct Shared : BaseRequestHandler {
  explicit Shared(const std::unique_ptr<std::string>& text) : text_(*text) {}
  void handle() override { request().sendall(text_); }
  const std::string& text_;
};

TEST(HandlerFactory, TakesArgumentsThatCanOnlyBeMoved) {
  EXPECT_EQ(ask(handler<Shared>(std::make_unique<std::string>("moved"))), "moved");
}

struct Named : ThreadingTCPServer {
  using ThreadingTCPServer::ThreadingTCPServer;
  ~Named() override { server_close(); }
  std::string name = "the server's own";
};

struct Asking : BaseRequestHandler {
  void setup() override {
    // All three are there from setup() on.
    const bool same = client_address() == request().client_address() && &server() == &server<Named>();
    request().sendall(same && client_address().is_loopback() ? "ready, " : "not ready, ");
  }
  void handle() override { request().sendall(server<Named>().name); }
};

TEST(Handler, KnowsItsRequestItsClientAndItsServerFromSetupOn) {
  EXPECT_EQ(ask<Named>(handler<Asking>()), "ready, the server's own");
}

struct AskingWrongly : BaseRequestHandler {
  void handle() override {
    try {
      server<ForkingTCPServer>();
    } catch (const std::bad_cast&) {
      request().sendall("bad cast");
    }
  }
};

TEST(Handler, IsToldWhenItsServerIsAnother) { EXPECT_EQ(ask(handler<AskingWrongly>()), "bad cast"); }

struct WithARunOfItsOwn : BaseRequestHandler {
  void run() {}  // not ours, although it has that name
  void handle() override { request().sendall("handled"); }
};

TEST(Handler, MayCallItsOwnThingsAsItLikes) { EXPECT_EQ(ask(handler<WithARunOfItsOwn>()), "handled"); }

/// Says which parts ran; throws where it is told to.
struct Parts : BaseRequestHandler {
  explicit Parts(std::string where) : where_(std::move(where)) {}
  void part(const char* name) {
    request().sendall(std::string(name) + " ");
    if (where_ == name) throw std::runtime_error("thrown in a test");
  }
  void setup() override { part("setup"); }
  void handle() override { part("handle"); }
  void finish() override { part("finish"); }
  std::string where_;
};

struct Quiet : ThreadingTCPServer {
  using ThreadingTCPServer::ThreadingTCPServer;
  ~Quiet() override { server_close(); }
  void handle_error(Request&, const Address&) override {}
};

TEST(Handler, FinishesAlthoughHandleThrewButNotWhatWasNeverSetUp) {
  EXPECT_EQ(ask<Quiet>(handler<Parts>("nowhere")), "setup handle finish ");
  EXPECT_EQ(ask<Quiet>(handler<Parts>("handle")), "setup handle finish ");
  EXPECT_EQ(ask<Quiet>(handler<Parts>("setup")), "setup ");
  EXPECT_EQ(ask<Quiet>(handler<Parts>("finish")), "setup handle finish ");
}

TEST(HandlerFactory, IsNotTheOnlyWayAnyFunctionDoes) {
  EXPECT_EQ(ask([](Request& request, const Address&, BaseServer&) { request.sendall("a lambda"); }),
            "a lambda");
}

}  // namespace
}  // namespace socketserver::testing
