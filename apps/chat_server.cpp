// Chat for the person at the server.
#include "common/main.hpp"
#include "common/serve.hpp"
#include "common/typist.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/chat_desk.hpp"
#include "socketserver/service/chat_room.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "chat_server";

// What comes while the room sends has to wait: a line of each of a thousand members. Linux counts about 1 KB
// for a short datagram, and gives what its limit (net.core.rmem_max) allows.
constexpr int kReceiveBuffer = 1 << 20;

// In several threads one line of somebody would overtake another, and in another process nobody types.
void refuse_models_of_many(const apps::ServerOptions& server) {
  const std::string why = ": all of a chat is in one thread, so that lines keep their order";
  const bool fibers = server.model == "fiber";
  if (!server.model.empty() && server.model != "iterative" && !fibers)
    throw apps::UsageError("--model " + server.model + why + " (iterative, fiber)");
  if (fibers && server.workers > 1)
    throw apps::UsageError("--workers " + std::to_string(server.workers) + why);
}

struct RoomOptions {
  bool room = false;
  ChatRoomSettings settings;
  Timeout member_timeout = settings.member_timeout;
  long long max_members = static_cast<long long>(settings.max_members),
            max_members_per_source = static_cast<long long>(settings.max_members_per_source);
  long long rate = static_cast<long long>(settings.rate);

  void add_to(apps::Options& options) {
    options.flag("room", room, "relay each message to all who take part, instead");
    options.seconds("member-timeout", member_timeout, "in a room: who says nothing for so long has left");
    options.integer("max-members", "N", max_members, 1, 1'000'000, "in a room: members at the same time");
    options.integer("max-members-per-source", "N", max_members_per_source, 0, 1'000'000,
                    "of one IPv4 address, or 64 bits of IPv6; 0: no limit, nor of what they say together");
    options.integer(
        "rate", "N", rate, 1, 1'000'000,
        "in a room: lines of a member in a second, twice at once; all of one source five times so many");
  }

  std::unique_ptr<ChatHost> make() {
    settings.member_timeout = member_timeout.value_or(std::chrono::nanoseconds::max());
    settings.max_members = static_cast<std::size_t>(max_members);
    settings.max_members_per_source = static_cast<std::size_t>(max_members_per_source);
    settings.rate = static_cast<double>(rate);
    return std::make_unique<ChatRoom>(settings, ChatProof::new_secret());
  }
};

std::unique_ptr<ChatHost> make_host(RoomOptions& room, const apps::LineInput& input) {
  using Early = ChatDesk::Early;
  if (room.room) return room.make();
  return std::make_unique<ChatDesk>(input.interactive() ? Early::kRefuse : Early::kKeep);
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]...",
      "Shows the messages that come as datagrams, and sends the lines of standard input to the "
      "one who spoke last. '@HOST:PORT' chooses somebody else, '@HOST:PORT TEXT' says one "
      "thing to somebody else, '@' tells who has spoken, 'q' ends a conversation, and where "
      "there is none, the program.");
  apps::ServerOptions server;
  server.model = "iterative";
  server.may_authenticate = false;  // that is for connections
  server.port = 8015;
  RoomOptions room;
  room.add_to(options);
  server.add_to(options);
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  for (const char* of_rooms : {"member-timeout", "max-members", "max-members-per-source", "rate"})
    if (options.given(of_rooms) && !room.room)
      throw apps::UsageError("--" + std::string(of_rooms) + " is for --room");
  refuse_models_of_many(server);
  apps::LineInput input;
  const auto service = std::make_shared<ChatService>(
      make_host(room, input), [&](const std::string& line) { input.print(line); },
      [&](const std::string& line) { input.note(line); });
  const auto made = apps::make_datagram_server(server, handler<ChatHandler>(service));
  return apps::serve(kProgram, *made, server, [&] {
    made->socket().setsockopt(SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    input.set_prompt("> ");
    return std::make_shared<apps::Typist>(input,
                                          apps::Typist::Calls{[&] { return service->wants_lines(); },
                                                              [&](const std::string& line) {
                                                                if (!service->type(made->socket(), line))
                                                                  made->request_shutdown();
                                                              },
                                                              [&] { service->tick(made->socket()); }});
  });
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
