#include "comparison/contender.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "common/serve.hpp"
#include "comparison/preforked_echo.hpp"
#include "socketserver/handler/handler.hpp"
#include "socketserver/service/echo.hpp"

namespace socketserver::apps {
namespace {

constexpr char kProgram[] = "server";

class TalliedEcho : public EchoVerbatimHandler {
 public:
  explicit TalliedEcho(WorkerTally* tally) : tally_(tally) {}
  void setup() override { tally_->count(); }

 private:
  WorkerTally* tally_;
};

// The same as EchoVerbatimHandler, for servers that are none of the library's.
void echo(Socket& connection) {
  std::array<char, 65'536> buffer;
  while (const std::size_t got = connection.recv_into(buffer)) connection.sendall({buffer.data(), got});
}

struct Known {
  const char *design, *what;
};
const std::map<std::string, Known> kKnown{
    {"iterative", {"0", "one client at a time"}},
    {"forking", {"1", "a process for each client"}},
    {"preforking", {"2", "processes that each accept"}},
    {"threading", {"6", "a thread for each client"}},
    {"prethreading", {"7", "threads that take turns at accepting"}},
    {"thread-pool", {"8", "the main thread accepts, threads serve"}},
    {"fiber", {"", "a fiber for each client, on one thread"}},
};

int serve_model(const Model& model, std::size_t workers, WorkerTally& tally) {
  ServerOptions options;
  options.model = model.name;
  options.workers = model.room == Model::Room::kWorkers ? static_cast<long long>(workers) : 0;
  options.drain = std::chrono::seconds(1);  // all clients are gone by then
  options.log_level = "error";
  const auto server = make_stream_server(options, handler<TalliedEcho>(&tally));
  return serve(kProgram, *server, options);
}

Contender of_library(const Model& model, std::size_t workers) {
  const auto known = kKnown.find(model.name);
  const Known about = known == kKnown.end() ? Known{"", ""} : known->second;
  return {model.name, about.design, about.what, model.room,
          [model, workers](WorkerTally& tally) { return serve_model(model, workers, tally); }};
}

Contender of_the_book(std::string name, const char* design, const char* what, Sharing sharing,
                      std::size_t workers) {
  return {std::move(name), design, what, Model::Room::kWorkers, [sharing, workers](WorkerTally& tally) {
            PreforkedEcho server(sharing, workers, [&tally](Socket& connection) {
              tally.count();
              echo(connection);
            });
            return server.run(kProgram);
          }};
}

}  // namespace

std::vector<Contender> contenders(std::size_t workers) {
  std::vector<Contender> all;
  for (const Model& model : models()) all.push_back(of_library(model, workers));
  const auto add = [&](const char* name, const char* design, const char* what, Sharing sharing) {
    all.push_back(of_the_book(name, design, what, sharing, workers));
  };
  add("prefork-no-lock", "2", "processes that all wait in accept", Sharing::kNone);
  add("prefork-file-lock", "3", "the same, with a lock of a file around accept", Sharing::kFileLock);
  add("prefork-mutex", "4", "the same, with a mutex in shared memory", Sharing::kMutex);
  add("prefork-passing", "5", "the parent accepts and passes descriptors", Sharing::kPassing);
  const auto place = [](const Contender& one) { return one.design.empty() ? "9" : one.design; };
  std::ranges::stable_sort(all, {}, place);
  return all;
}

}  // namespace socketserver::apps
