// Serves the files of a directory over HTTP.
#include "socketserver/http/http_server.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "common/main.hpp"
#include "common/serve.hpp"
#include "socketserver/handler/handler.hpp"

using namespace socketserver;

namespace {

constexpr char kProgram[] = "http_server";

// Where an idle client has a worker for itself, and browsers keep several connections: Apache's
// KeepAliveTimeout.
constexpr std::chrono::seconds kIdleAtWorker{5};
constexpr std::string_view kModelsOfWorkers[] = {"iterative", "thread-pool", "prethreading", "preforking"};

struct FileOptions {
  Timeout head = BaseHTTPRequestHandler::kHeadTimeout, body = BaseHTTPRequestHandler::kBodyTimeout;
};

class FileHandler : public SimpleHTTPRequestHandler {
 public:
  FileHandler(std::shared_ptr<const DocumentRoot> root, const FileOptions& options)
      : SimpleHTTPRequestHandler(std::move(root)) {
    head_timeout = options.head;
    body_timeout = options.body;
  }
};

// Python's takes a port as its argument.
std::string directory_of(const std::vector<std::string>& arguments, const std::string& by_option) {
  if (arguments.empty()) return by_option.empty() ? "." : by_option;
  if (arguments.size() > 1) throw apps::UsageError("takes one directory (see --help)");
  const std::string& name = arguments.front();
  if (!name.empty() && name.find_first_not_of("0123456789") == name.npos && !std::filesystem::exists(name))
    throw apps::UsageError("there is no directory " + name + "; a port is given by --port " + name);
  if (!by_option.empty()) throw apps::UsageError("takes one directory: " + by_option + " or " + name);
  return name;
}

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "[OPTION]... [DIR]",
      "Serves the files below a directory, by default the one it is started in, over HTTP.");
  apps::ServerOptions server;
  server.model = "threading";
  server.port = 8000;         // as python3 -m http.server
  server.log_level = "info";  // a line for each request
  server.idle = HTTPServer::kIdle;
  server.may_authenticate = false;  // no client of HTTP would know how
  server.host_also = {"-b", "--bind"};
  server.opens_files = true;
  FileOptions files;
  std::string directory;
  bool follow = false;
  options.path("directory", "DIR", directory, "the directory, as the argument").also({"-d"});
  options.flag("follow-links", follow, "serve what symbolic links lead to, wherever that is");
  options.seconds("head-timeout", files.head, "from the first byte of a request to the end of its head");
  options.seconds("body-timeout", files.body,
                  "for the body of a request; each 500 bytes that come give it a second more");
  server.add_to(options);
  const std::vector<std::string> arguments = options.parse(argc, argv);
  directory = directory_of(arguments, directory);
  if (!options.given("idle-timeout") && std::ranges::count(kModelsOfWorkers, server.model) > 0)
    server.idle = kIdleAtWorker;
  const auto links = follow ? DocumentRoot::Links::kFollow : DocumentRoot::Links::kRefuse;
  const auto root = std::make_shared<const DocumentRoot>(directory, links);
  const auto made = apps::make_stream_server(server, handler<FileHandler>(root, files));
  made->full_message = http_full_message();
  return apps::serve(kProgram, *made, server);
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
