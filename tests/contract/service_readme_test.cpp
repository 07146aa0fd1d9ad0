// The code of lib/socketserver/service/README.md, as it stands there: compiled, and run.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <socketserver/socketserver.hpp>
#include <stop_token>
#include <thread>

#include "common/main.hpp"
#include "common/serve.hpp"
#include "fuzz/fuzz.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/hmac_auth.hpp"
#include "socketserver/service/text.hpp"
#include "support/serving.hpp"

using namespace socketserver;

// ---- the page ----

namespace {

struct Shout : StreamRequestHandler {
  void handle() override {
    while (auto line = rfile().readline()) wfile().write(upper(*line));
  }
};

// Not the program's main() here, so it is compiled alone.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#pragma GCC diagnostic ignored "-Wunused-function"
int main() {
  ThreadingTCPServer server({"127.0.0.1", 8009}, handler<Shout>());
  server.serve_forever();
}
#pragma GCC diagnostic pop

std::jthread serve_in_background(BaseServer& server) {
  server.bind_and_activate();
  return std::jthread([&server](const std::stop_token& stop) {
    const std::stop_callback at_the_end(stop, [&server] { server.shutdown(); });
    server.serve_forever();
  });
}

TEST(Shout, AnswersInUpperCase) {
  ThreadingTCPServer server({"127.0.0.1", 0}, handler<Shout>());
  const std::jthread loop = serve_in_background(server);
  Socket client = create_connection(server.server_address(), std::chrono::seconds(60));
  client.sendall("one\ntwo\n");
  client.shutdown(SHUT_WR);
  EXPECT_EQ(Reader(client).read(), "ONE\nTWO\n");
}

// A client sends {"cmd": "put", "name": NAME, "size": N} and N bytes,
// or {"cmd": "get", "name": NAME, "size": 0}.
// The server answers {"ok": BOOL, "size": N} and, to a get, the note.
constexpr const char* kNoteSize = "size";
constexpr HeaderFramedLimits kNoteLimits{.header = 1024, .body = 65536, .time = std::chrono::seconds(30)};

class Notes {
 public:
  /// False: there are too many.
  bool put(const std::string& name, std::string note) {
    const std::lock_guard lock(mutex_);
    if (notes_.size() >= kMost && !notes_.contains(name)) return false;
    notes_[name] = std::move(note);
    return true;
  }
  std::optional<std::string> get(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = notes_.find(name);
    return found == notes_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::size_t kMost = 1000;  // of 64 KiB each at most
  std::mutex mutex_;
  std::map<std::string, std::string> notes_;  // guarded by mutex_
};

void keep_notes(Reader& reader, Writer& writer, Notes& notes) {
  HeaderFramed messages(reader, writer, kNoteSize, kNoteLimits);
  while (auto message = messages.receive()) {
    const std::string cmd = message->header.get_string("cmd");
    const std::string name = message->header.get_string("name");
    if (cmd == "put") {
      const bool ok = notes.put(name, std::move(message->body));
      messages.send(Json::object({{"ok", ok}}), "");
    } else if (cmd == "get") {
      const auto note = notes.get(name);
      messages.send(Json::object({{"ok", note.has_value()}}), note.value_or(""));
    } else {
      throw FramingError("no command is called '" + printable(cmd, 40) + "'");
    }
  }
}

struct NotesHandler : StreamRequestHandler {
  explicit NotesHandler(Notes* notes) : notes_(notes) { disable_nagle_algorithm = true; }
  void handle() override { keep_notes(rfile(), wfile(), *notes_); }
  Notes* notes_;
};

class NotesClient {
 public:
  explicit NotesClient(Socket& socket) : reader_(socket), writer_(socket) {}

  bool put(const std::string& name, std::string_view note) {
    return ask({{"cmd", "put"}, {"name", name}}, note).header.get_bool("ok");
  }
  std::optional<std::string> get(const std::string& name) {
    auto answer = ask({{"cmd", "get"}, {"name", name}}, "");
    return answer.header.get_bool("ok") ? std::optional(std::move(answer.body)) : std::nullopt;
  }

 private:
  HeaderFramed::Message ask(std::initializer_list<std::pair<std::string, Json>> header,
                            std::string_view body) {
    messages_.send(Json::object(header), body);
    auto answer = messages_.receive();
    if (!answer) throw EOFError("the server ended without an answer");
    return std::move(*answer);
  }

  Reader reader_;
  Writer writer_;
  HeaderFramed messages_{reader_, writer_, kNoteSize, kNoteLimits};
};

void set_limits(BaseServer& server) {
  using namespace std::chrono_literals;
  server.max_connections = 1000;
  server.max_per_source = 50;
  server.deadlines.first_byte = 10s;  // whoever connects and says nothing, where the client speaks first
  server.deadlines.read = 30s;        // within a message
  server.deadlines.idle = 5min;       // after something was sent to the client, a greeting, too
  server.deadlines.write = 30s;       // whoever asks and never reads the answer
  server.deadlines.request = 1h;      // whoever sends one byte at a time, always in time
  server.drain_timeout = 5s;          // those in progress, once the server is to end
}

TEST(Notes, AreKeptForOthers) {
  Notes notes;
  FiberMixIn<TCPServer> server({"127.0.0.1", 0}, handler<NotesHandler>(&notes));
  set_limits(server);
  const std::jthread loop = serve_in_background(server);
  Socket mine = create_connection(server.server_address(), std::chrono::seconds(60));
  Socket theirs = create_connection(server.server_address(), std::chrono::seconds(60));
  EXPECT_TRUE(NotesClient(mine).put("milk", "two bottles"));
  EXPECT_EQ(NotesClient(theirs).get("milk"), "two bottles");
  EXPECT_EQ(NotesClient(theirs).get("bread"), std::nullopt);
}

TEST(Notes, RefuseWhatIsNoMessage) {
  const auto say = [](const std::string& bytes) {
    Notes notes;
    Reader reader(bytes);
    Writer writer;
    keep_notes(reader, writer, notes);
    return writer.getvalue();
  };
  EXPECT_EQ(say(""), "");
  EXPECT_THROW(say(frame(R"({"cmd": "sing", "name": "a", "size": 0})")), FramingError);
  EXPECT_THROW(say(frame(R"({"cmd": "get", "size": 0})")), JsonError);
  EXPECT_THROW(say(frame(R"({"cmd": "put", "name": "a", "size": 99999})")), FramingError);
  EXPECT_THROW(say(frame(R"({"cmd": "put", "name": "a", "size": 5})") + "hel"), EOFError);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Notes notes;
  Reader reader{std::string(fuzz::text(data, size))};
  Writer writer;
  try {
    keep_notes(reader, writer, notes);
  } catch (const FramingError&) {
  } catch (const JsonError&) {
  } catch (const EOFError&) {
  }
  return 0;
}

TEST(Notes, AreForThoseWhoHaveTheKey) {
  const AuthKey key("in a program: AuthKey::read(path)");
  Notes notes;
  ThreadingTCPServer server({"127.0.0.1", 0}, handler<HmacAuthMixIn<NotesHandler>>(HmacAuth(key), &notes));
  const std::jthread loop = serve_in_background(server);
  const auto put = [&](const AuthKey& mine) {
    Socket socket = create_connection(server.server_address(), std::chrono::seconds(60));
    Authenticator(mine, AuthDigest::kSha256, AuthForm::kPlain).prove(socket);
    return NotesClient(socket).put("milk", "two bottles");
  };
  EXPECT_TRUE(put(key));
  EXPECT_ANY_THROW(put(AuthKey("a guess")));
  EXPECT_EQ(server.statistics().unauthenticated, 1u);
}

int run(int argc, char** argv) {
  apps::Options options("notes_server", "[OPTION]...", "Keeps notes, until it ends.");
  apps::ServerOptions server;
  server.port = 8030;
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  Notes notes;
  const auto made = apps::make_stream_server(server, handler<NotesHandler>(&notes));
  return apps::serve("notes_server", *made, server);
}

// ---- of this file alone: is it what the page shows? ----

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Spaces and line breaks are clang-format's business.
std::string dense(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c); });
  return text;
}

/// Each paragraph of the block, since other things may stand between them.
bool stands_in(const std::string& here, const std::string& block) {
  for (std::size_t begin = 0; begin < block.size();) {
    const std::size_t end = std::min(block.find("\n\n", begin), block.size() - 1);
    if (here.find(dense(block.substr(begin, end - begin))) == here.npos) return false;
    begin = end + 1;
  }
  return true;
}

TEST(ServiceReadme, ShowsWhatStandsHere) {
  const std::string tests = SOCKETSERVER_TEST_DIR;
  const std::string here = dense(contents(tests + "/contract/service_readme_test.cpp"));
  std::istringstream page(contents(tests + "/../lib/socketserver/service/README.md"));
  std::string block;
  std::size_t blocks = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```cpp") {
      inside = true;
    } else if (inside && line == "```") {
      EXPECT_TRUE(stands_in(here, block)) << "not in the test, or not as it is there:\n" << block;
      inside = false, block.clear(), ++blocks;
    } else if (inside && line.starts_with("#include")) {
      EXPECT_NE(here.find(dense(line)), here.npos) << line;
    } else if (inside) {
      block += line + "\n";
    }
  }
  EXPECT_GE(blocks, 10u);
}

TEST(ServiceReadme, NeedsNoLuckWithItsFuzzTarget) {
  const std::string inputs[] = {"", "x", frame(R"({"cmd": "get", "name": "a", "size": 0})"), pack_i32(-1)};
  for (const std::string& input : inputs)
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()), 0);
}

TEST(ServiceReadme, HasAProgramThatServesUntilASignal) {
  const socketserver::testing::TemporaryDirectory directory;
  std::string path = directory / "socket", program = "notes_server", option = "--unix";
  const std::jthread client([&] {
    Socket socket;
    EXPECT_TRUE(socketserver::testing::eventually([&] {
      socket = Socket(AF_UNIX, SOCK_STREAM);
      return socket.connect_ex(Address(path)) == 0;
    }));
    EXPECT_TRUE(NotesClient(socket).put("a", "b"));
    EXPECT_EQ(NotesClient(socket).get("a"), "b");
    ::kill(::getpid(), SIGTERM);
  });
  char* argv[] = {program.data(), option.data(), path.data(), nullptr};
  EXPECT_EQ(run(3, argv), 0);
}

}  // namespace
