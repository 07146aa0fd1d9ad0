// The examples of the README, as they stand there, serve a client.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "socketserver/http/http_server.hpp"
#include "socketserver/json/json.hpp"
#include "support/serving.hpp"

using namespace socketserver;
using namespace socketserver::testing;

namespace {

struct Echo : BaseRequestHandler {
  void handle() override {
    for (std::string data; !(data = request().recv(1024)).empty();) request().sendall(upper(data));
  }
};

struct PacketEcho : BaseRequestHandler {
  void handle() override { request().socket().sendto(upper(request().packet()), client_address()); }
};

struct Once : BaseRequestHandler {
  void handle() override {
    const std::string data = request().recv(1024);
    request().sendall(upper(strip(data)));
  }
};

struct Upload : StreamRequestHandler {
  void handle() override {
    const Json header = Json::parse(read_frame(rfile(), 65536));
    const std::filesystem::path path = header.get_string("filename");
    std::ofstream file(path.filename(), std::ios::binary);
    const auto size = header.get_int("filesize");
    file << rfile().read_exactly(static_cast<std::size_t>(size));
  }
};

struct Shout : StreamRequestHandler {
  void handle() override {
    LengthPrefixed messages(rfile(), wfile());
    while (auto message = messages.receive()) messages.send(upper(*message));
  }
};

const Address kAnyPort("127.0.0.1", 0);

/// What the server says to `words` until it ends the connection.
template <class Server>
std::string ask(Serving<Server>& serving, std::string_view words) {
  Socket client = serving.start().connect();
  client.sendall(words);
  client.shutdown(SHUT_WR);
  return read_all(client);
}

TEST(ReadmeExample, EchoesWithAThreadForEachClient) {
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Echo>());
  EXPECT_EQ(ask(serving, "hello"), "HELLO");
}

TEST(ReadmeExample, EchoesOverUdp) {
  Serving<UDPServer> serving(kAnyPort, handler<PacketEcho>());
  serving.start();
  Socket client = Socket::udp();
  client.settimeout(kWatchdog);
  client.sendto("hello", serving.address());
  EXPECT_EQ(client.recv(100), "HELLO");
}

TEST(ReadmeExample, AnswersOnceInUpperCase) {
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Once>());
  EXPECT_EQ(ask(serving, " hello \n"), "HELLO");
}

TEST(ReadmeExample, ReceivesAFile) {
  const TemporaryDirectory directory;
  std::filesystem::current_path(directory.path());
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Upload>());
  ask(serving, frame(R"({"cmd": "put", "filename": "a/b.txt", "filesize": 5})") + "hello");
  std::ifstream file(directory / "b.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "hello");
}

TEST(ReadmeExample, ShoutsMessages) {
  Serving<ThreadingTCPServer> serving(kAnyPort, handler<Shout>());
  EXPECT_EQ(ask(serving, frame("hello") + frame("egg")), frame("HELLO") + frame("EGG"));
}

struct Greeter : BaseHTTPRequestHandler {
  void do_POST() override try {
    const Json asked = Json::parse(rfile().read());
    const Json answer = Json::object({{"greeting", "hello " + asked.get_string("name")}});
    send_text(200, "application/json", answer.dump());
  } catch (const JsonError& error) {
    send_error(400, {}, error.what());
  }
};

TEST(ReadmeExample, GreetsOverHttp) {
  Serving<ThreadingHTTPServer> serving(kAnyPort, handler<Greeter>());
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ";
  const std::string answer = ask(serving, head + "15\r\n\r\n{\"name\": \"you\"}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n{\"greeting\": \"hello you\"}")) << answer;
  Serving<ThreadingHTTPServer> other(kAnyPort, handler<Greeter>());
  EXPECT_TRUE(ask(other, head + "1\r\n\r\n{").starts_with("HTTP/1.1 400 "));
}

}  // namespace
