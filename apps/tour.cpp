// Shows every service: starts its server on a free port, asks it something real with its client, prints what
// was asked and answered, and checks it. Ends with status 0 when all was right.
#include <stdlib.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "common/demo_server.hpp"
#include "common/main.hpp"
#include "common/models.hpp"
#include "common/options.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/io/socket_file.hpp"
#include "socketserver/net/create_connection.hpp"

using namespace socketserver;
namespace fs = std::filesystem;

namespace {

constexpr char kProgram[] = "tour";

/// Where the programs are, which is where this one is.
fs::path bin_directory(const char* argv0) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (error ? fs::absolute(argv0) : self).parent_path();
}

/// A directory that goes when the tour ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "socketserver-tour-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

class Tour {
 public:
  explicit Tour(fs::path bin) : bin_(std::move(bin)) {}

  void run() {
    std::cout << "What is typed begins with $, what is printed stands below it.\n";
    echo();
    echo_forms();
    models();
    time();
    exec();
    upload();
    http();
    framing();
    chat();
    broadcast();
    authentication();
    say_how_to_start();
  }

 private:
  void title(const std::string& text) { std::cout << "\n" << ++titles_ << ". " << text << "\n"; }
  apps::DemoServer start(const std::string& service, const apps::Words& options) const {
    return {bin_, service, options};
  }

  void echo() {
    title("echo: what a client sends comes back, by default in upper case");
    const apps::DemoServer server = start("echo", {});
    apps::check(server.ask({"hello, world"}) == "HELLO, WORLD\n", "it should be upper case");
    apps::check(server.ask({}, readme_) == upper(contents(readme_)),
                "it should be the whole file in upper case");
  }

  void echo_forms() {
    title("the other forms of echo");
    apps::check(start("echo", {"--mode", "once"}).ask({"--mode", "once", "  one message a connection  "}) ==
                    "ONE MESSAGE A CONNECTION\n",
                "it should be upper case without the spaces around it");
    apps::check(start("echo", {"--mode", "hello"}).ask({"--mode", "hello", "good morning"}) == "hi\n",
                "it should be hi");
    const apps::DemoServer server = start("echo", {"--udp", "--mode", "verbatim"});
    apps::check(
        server.ask({"--udp", "--mode", "verbatim", "as it is, by datagram"}) == "as it is, by datagram\n",
        "it should be what was asked");
  }

  void models() {
    title(
        "one handler, several concurrency models; somebody who connects and says nothing keeps nobody "
        "waiting");
    for (const auto& [model, room] : apps::models()) {
      if (room == apps::Model::Room::kOne) continue;  // it stands below, without the silent one
      const apps::DemoServer server = start("echo", {"--model", model});
      const Socket silent = create_connection("127.0.0.1", std::stoi(server.port()));
      apps::check(server.ask({model}) == upper(model) + "\n", "it should be upper case");
    }
    const std::string path = (temporary_.path() / "socket").string();
    const apps::DemoServer server = start("echo", {"--model", "iterative", "--unix", path});
    apps::check(server.ask({"one at a time, over a Unix socket"}) == "ONE AT A TIME, OVER A UNIX SOCKET\n",
                "it should be upper case");
  }

  void time() {
    title("time: a strftime format goes in, the local time comes out");
    const apps::DemoServer server = start("time", {});
    const std::string format = "%Y-%m-%d %H:%M";
    const std::string before = local_time(format), told = server.ask({format}), after = local_time(format);
    apps::check(told == before || told == after, "it should be " + after);
    server.ask({"%A, %-d %B, day %j of the year"});
    apps::check(start("time", {"--tcp"}).ask({"--tcp", "100 %% %Q"}) == "100 % %Q\n",
                "it should be 100 % %Q");
  }

  void exec() {
    title("exec: a shell command goes in, what it printed comes out");
    const apps::DemoServer server = start("exec", {});
    const std::string all = contents(readme_), first = all.substr(0, all.find('\n') + 1);
    apps::check(server.ask({"head -n 1 README.md"}) == first, "it should be " + first);
    apps::check(server.ask({"ls lib/socketserver | sort | head -n 3"}) == "concurrency\ncrypto\nhandler\n",
                "it should be three directories of this repository");
    apps::check(start("exec", {"--framing", "ready"}).ask({"--framing", "ready", "wc -c < README.md"}) ==
                    std::to_string(all.size()) + "\n",
                "it should be the size of the file");
  }

  void upload() {
    title("upload: a file appears in the server's directory when it is whole and its digest is right");
    const fs::path stored = temporary_.path() / "stored";
    const apps::DemoServer server = start("upload", {"--directory", stored.string()});
    server.ask({"--form", "md5", readme_, map_});
    apps::check(contents(stored / readme_) == contents(readme_), "README.md should be stored as it is");
    apps::check(contents(stored / fs::path(map_).filename()) == contents(map_), map_ + " should be as it is");
    server.ask({"put", "cmake"});
    apps::check(server.ask({"ls", "cmake/demo.*"}).ends_with("demo.cmake\n"), "it should be listed");
    const fs::path got = temporary_.path() / "got";
    server.ask({"get", "cmake", readme_, "--to", got.string()});
    apps::check(contents(got / "cmake/demo.cmake") == contents("cmake/demo.cmake"), "it should come back");
    apps::check(contents(got / readme_) == contents(readme_), "README.md should come back as it is");
  }

  void framing() {
    title("framing: why messages need it, in real connections (more: framing_demo without --case)\n");
    constexpr std::size_t kLines = 20;  // all of a lesson
    apps::check(apps::run_shown(bin_, {"framing_demo", "--case", "sticky"}, kLines).find("\"helloegg\"") !=
                    std::string::npos,
                "the two messages should arrive as one");
  }

  void chat() {
    title("chat: in a room everybody hears what one says");
    const apps::DemoServer server = start("chat", {"--room"});
    const fs::path said = temporary_.path() / "said";
    std::ofstream(said) << "good morning\n";
    apps::check(server.ask({"--name", "anna"}, said.string()).ends_with("] anna: good morning\n"),
                "it should be what was said");
  }

  void broadcast() {
    title("broadcast: everybody hears it who listens on the port");
    const Deadline end = Deadline::after(std::chrono::seconds(60));  // on a machine that does much else
    apps::Child receiver({(bin_ / "broadcast_receiver").string(), "--port", "0", "--count", "1"});
    const std::string where = receiver.read_line(end);
    std::cout << "\n  $ broadcast_receiver --port 0 --count 1\n    " << where << "\n";
    apps::run_shown(bin_, {"broadcast_sender", "--port", where.substr(where.rfind(':') + 1), "hello, all"},
                    apps::kLinesShown);
    const std::string heard = receiver.read_all(end);
    std::cout << "  and the receiver\n";
    apps::print_indented(heard);
    apps::check(heard.ends_with("hello, all\n"), "it should be what was sent");
  }

  void authentication() {
    title("authentication: any of them serves those alone who prove that they have a key");
    const std::string key = (temporary_.path() / "key").string();
    std::ofstream(key) << "nobody else knows\n";
    fs::permissions(key, fs::perms::owner_read);
    const apps::DemoServer server = start("echo", {"--auth-key-file", key});
    apps::check(server.ask({"--auth-key-file", key, "it is me"}) == "IT IS ME\n", "it should be upper case");
  }

  void http() {
    title("HTTP: the files of a directory, for a browser; here asked by hand");
    const apps::DemoServer server = start("http", {"lib"});
    Socket client = create_connection("127.0.0.1", std::stoi(server.port()));
    const std::string request = "GET /socketserver/socketserver.hpp HTTP/1.0";
    std::cout << "  " << request << "\n";
    client.sendall(request + "\r\n\r\n");
    const std::string answer = client.makefile().read();
    apps::print_indented(answer);
    apps::check(answer.substr(answer.find("\r\n\r\n") + 4) == contents(map_), map_ + " should be as it is");
  }

  static std::string local_time(const std::string& format) {
    const std::time_t now = std::time(nullptr);
    std::ostringstream out;
    std::tm local{};
    ::localtime_r(&now, &local);
    std::use_facet<std::time_put<char>>(std::locale::classic())
        .put(out, out, ' ', &local, format.data(), format.data() + format.size());
    return out.str() + "\n";
  }

  void say_how_to_start() const {
    std::error_code error;
    const fs::path near = fs::proximate(bin_, error);
    const std::string prefix = (error || near.string().starts_with("../..") ? bin_ : near).string() + "/";
    std::cout
        << "\nAll answers were right, and all servers are stopped. To start one by hand, and to ask it from "
           "another terminal\n(both explain their options with --help; Ctrl-C ends a server):\n\n";
    for (const auto& [server, client] : by_hand_)
      std::cout << "  " << prefix << server << std::string(22 - std::string(server).size(), ' ')
                << (*client == '(' ? "" : prefix) << client << "\n";
  }

  static constexpr std::pair<const char*, const char*> by_hand_[] = {
      {"echo_server", "echo_client hello"},
      {"time_server", "time_client %c"},
      {"exec_server", "exec_client 'ls -l'"},
      {"upload_server", "upload_client put README.md"},
      {"http_server", "(a browser)"},
      {"chat_server --room", "chat_client --name anna"},
      {"broadcast_receiver", "broadcast_sender hello"},
  };

  fs::path bin_;
  const std::string readme_ = "README.md";
  const std::string map_ = "lib/socketserver/socketserver.hpp";
  TemporaryDirectory temporary_;
  int titles_ = 0;
};

int run(int argc, char** argv) {
  apps::Options options(
      kProgram, "",
      "Starts every server beside it, asks each with its client, and checks the answers. Shows the "
      "README.md of the directory it is run in.");
  if (!options.parse(argc, argv).empty()) throw apps::UsageError("takes no arguments (see --help)");
  if (!fs::exists("README.md")) throw std::runtime_error("there is no README.md here to show");
  apps::stop_children_at_signals();
  Tour(bin_directory(argv[0])).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return apps::run_main(kProgram, [&] { return run(argc, argv); });
}
