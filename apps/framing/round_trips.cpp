#include "framing/round_trips.hpp"

#include <functional>
#include <stdexcept>

#include "framing/scene.hpp"
#include "socketserver/handler/stream_request_handler.hpp"
#include "socketserver/io/length_prefixed.hpp"
#include "socketserver/service/exec.hpp"

namespace socketserver::apps {
namespace {

// The length in decimal digits; the client says that it is ready; then the bytes.
struct AnswerWhenReady : BaseRequestHandler {
  void handle() override {
    request().socket().set_nodelay();
    while (!request().recv(kQuestion.size()).empty()) {
      request().sendall(std::to_string(kAnswer.size()));
      if (request().recv(kExecReady.size()) != kExecReady) return;
      request().sendall(kAnswer);
    }
  }
};

struct AnswerWithLength : StreamRequestHandler {
  void handle() override {
    connection().set_nodelay();
    LengthPrefixed messages(rfile(), wfile());
    while (messages.receive()) messages.send(kAnswer);
  }
};

// How long `ask` takes for so many questions, on a connection to answers of that kind.
template <class Handler>
std::uint64_t nanoseconds(int questions, const std::function<void(Socket&, int)>& ask) {
  Scene<Handler> scene;
  scene.start();
  Socket socket = scene.connect();
  ask(socket, 1);  // the server has its thread from here on
  const auto began = Clock::now();
  ask(socket, questions);
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - began).count());
}

void check(bool right) {
  if (!right) throw std::runtime_error("an answer is wrong");
}

}  // namespace

std::uint64_t ask_when_ready(int questions) {
  return nanoseconds<AnswerWhenReady>(questions, [](Socket& socket, int count) {
    Reader reader(socket);
    for (int i = 0; i < count; ++i) {
      socket.sendall(kQuestion);
      const std::string digits = reader.read1(kQuestion.size());
      socket.sendall(kExecReady);
      check(reader.read_exactly(std::stoul(digits)) == kAnswer);
    }
  });
}

std::uint64_t ask_one_by_one(int questions) {
  return nanoseconds<AnswerWithLength>(questions, [](Socket& socket, int count) {
    Reader reader(socket);
    Writer writer(socket);
    LengthPrefixed framing(reader, writer);
    for (int i = 0; i < count; ++i) {
      framing.send(kQuestion);
      check(framing.receive() == kAnswer);
    }
  });
}

std::uint64_t ask_all_at_once(int questions) {
  return nanoseconds<AnswerWithLength>(questions, [](Socket& socket, int count) {
    Reader reader(socket);
    Writer all(socket, Reader::kAll);  // nothing is sent before flush()
    LengthPrefixed framing(reader, all);
    for (int i = 0; i < count; ++i) framing.send(kQuestion);
    all.flush();
    for (int i = 0; i < count; ++i) check(framing.receive() == kAnswer);
  });
}

}  // namespace socketserver::apps
