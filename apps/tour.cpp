// Shows every service: starts its server on a free port, asks it something real with its client, prints what
// was asked and answered, and checks it. Ends with status 0 when all was right.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "common/child.hpp"
#include "common/main.hpp"
#include "common/options.hpp"
#include "socketserver/io/ascii.hpp"
#include "socketserver/net/socket.hpp"

using namespace socketserver;
namespace fs = std::filesystem;

namespace {

constexpr char kProgram[] = "tour";
constexpr std::chrono::seconds kPatience{
    60};                                // for what takes milliseconds, on a machine that does much else
constexpr std::size_t kLinesShown = 4;  // of an answer: the tour should fit on a few screens

using Words = std::vector<std::string>;

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

/// As one would type it.
std::string as_command(const Words& argv) {
  std::string line;
  for (const std::string& word : argv) {
    const bool plain = !word.empty() && word.find_first_of(" $%*?'\"|&;<>()\\") == word.npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return line;
}

void print_indented(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i < kLinesShown && std::getline(lines, line); ++i)
    std::cout << "    " << line << "\n";
  const auto rest = std::count(std::istreambuf_iterator<char>(lines), {}, '\n');
  if (rest > 0) std::cout << "    ... and " << rest << " lines more\n";
  std::cout.flush();
}

void check(bool right, const std::string& what) {
  if (!right) throw std::runtime_error("the answer above is wrong: " + what);
}

/// A server program, from its line "listening on" until this object goes.
class Server {
 public:
  Server(const fs::path& bin, const std::string& service, const Words& options)
      : bin_(bin), service_(service), child_(argv(options)) {
    const std::string line = child_.read_line(Deadline::after(kPatience));
    const std::string mark = " listening on ";
    if (line.find(mark) == line.npos) throw std::runtime_error("the server said: " + line);
    where_ = line.substr(line.find(mark) + mark.size());
    std::cout << "\n  $ " << as_command(shown_) << "\n    " << line << "\n";
  }

  /// Runs the client, prints both, and returns what it printed.
  std::string ask(const Words& words, const std::string& input_file = {}) const {
    Words argv{service_ + "_client"};
    if (where_.starts_with("unix:"))
      argv.insert(argv.end(), {"--unix", where_.substr(5)});
    else
      argv.insert(argv.end(), {"--port", port()});
    argv.insert(argv.end(), words.begin(), words.end());
    std::cout << "  $ " << as_command(argv) << (input_file.empty() ? "" : " < " + input_file) << std::endl;
    argv[0] = (bin_ / argv[0]).string();
    apps::Child client(argv, input_file.empty() ? "/dev/null" : input_file);
    const std::string answer = client.read_all(Deadline::after(kPatience));
    print_indented(answer);
    const int status = client.wait();
    check(status == 0, "the client ended with status " + std::to_string(status));
    return answer;
  }

  std::string port() const { return where_.substr(where_.rfind(':') + 1); }

 private:
  Words argv(const Words& options) {
    shown_ = {service_ + "_server"};
    if (std::ranges::find(options, "--unix") == options.end()) shown_.insert(shown_.end(), {"--port", "0"});
    shown_.insert(shown_.end(), options.begin(), options.end());
    Words argv = shown_;
    argv[0] = (bin_ / argv[0]).string();
    return argv;
  }

  fs::path bin_;
  std::string service_, where_;
  Words shown_;
  apps::Child child_;
};

class Tour {
 public:
  explicit Tour(fs::path bin) : bin_(std::move(bin)) {}

  void run() {
    std::cout << "What is typed begins with $, what is printed stands below it.\n";
    echo();
    echo_forms();
    models();
    time();
    say_how_to_start();
  }

 private:
  static void title(const std::string& text) { std::cout << "\n" << text << "\n"; }
  Server start(const std::string& service, const Words& options) const { return {bin_, service, options}; }

  void echo() const {
    title("1. echo: what a client sends comes back, by default in upper case");
    const Server server = start("echo", {});
    check(server.ask({"hello, world"}) == "HELLO, WORLD\n", "it should be upper case");
    check(server.ask({}, readme_) == upper(contents(readme_)), "it should be the whole file in upper case");
  }

  void echo_forms() const {
    title("2. the other forms of echo");
    check(start("echo", {"--mode", "once"}).ask({"--mode", "once", "  one message a connection  "}) ==
              "ONE MESSAGE A CONNECTION\n",
          "it should be upper case without the spaces around it");
    check(start("echo", {"--mode", "hello"}).ask({"--mode", "hello", "good morning"}) == "hi\n",
          "it should be hi");
    const Server server = start("echo", {"--udp", "--mode", "verbatim"});
    check(server.ask({"--udp", "--mode", "verbatim", "as it is, by datagram"}) == "as it is, by datagram\n",
          "it should be what was asked");
  }

  void models() const {
    title(
        "3. one handler, several concurrency models; somebody who connects and says nothing keeps nobody "
        "waiting");
    for (const std::string model : {"threading", "forking"}) {
      const Server server = start("echo", {"--model", model});
      const Socket silent = create_connection("127.0.0.1", std::stoi(server.port()));
      check(server.ask({model}) == upper(model) + "\n", "it should be upper case");
    }
    const std::string path = (temporary_.path() / "socket").string();
    const Server server = start("echo", {"--model", "iterative", "--unix", path});
    check(server.ask({"one at a time, over a Unix socket"}) == "ONE AT A TIME, OVER A UNIX SOCKET\n",
          "it should be upper case");
  }

  void time() const {
    title("4. time: a strftime format goes in, the local time comes out");
    const Server server = start("time", {});
    const std::string format = "%Y-%m-%d %H:%M";
    const std::string before = local_time(format), told = server.ask({format}), after = local_time(format);
    check(told == before || told == after, "it should be " + after);
    server.ask({"%A, %-d %B, day %j of the year"});
    check(start("time", {"--tcp"}).ask({"--tcp", "100 %% %Q"}) == "100 % %Q\n", "it should be 100 % %Q");
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
      std::cout << "  " << prefix << server << std::string(22 - std::string(server).size(), ' ') << prefix
                << client << "\n";
  }

  static constexpr std::pair<const char*, const char*> by_hand_[] = {
      {"echo_server", "echo_client hello"},
      {"time_server", "time_client %c"},
  };

  fs::path bin_;
  const std::string readme_ = "README.md";
  TemporaryDirectory temporary_;
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
