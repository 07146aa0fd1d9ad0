#include "common/demo_server.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace socketserver::apps {
namespace {

// For what takes milliseconds, on a machine that does much else.
constexpr std::chrono::seconds kPatience{60};

/// As one would type it.
std::string as_command(const Words& argv) {
  std::string line;
  for (const std::string& word : argv) {
    const bool plain = !word.empty() && word.find_first_of(" $%*?'\"|&;<>()\\") == word.npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return line;
}

Words runnable(const std::filesystem::path& bin, Words argv) {
  argv[0] = (bin / argv[0]).string();
  return argv;
}

}  // namespace

void print_indented(const std::string& text, std::size_t most_lines) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i < most_lines && std::getline(lines, line); ++i)
    std::cout << "    " << line << "\n";
  const auto rest = std::count(std::istreambuf_iterator<char>(lines), {}, '\n');
  if (rest > 0) std::cout << "    ... and " << rest << " lines more\n";
  std::cout.flush();
}

void check(bool right, const std::string& what) {
  if (!right) throw std::runtime_error("the answer above is wrong: " + what);
}

std::string run_shown(const std::filesystem::path& bin, const Words& argv, std::size_t most_lines,
                      const std::string& input_file) {
  std::cout << "  $ " << as_command(argv) << (input_file.empty() ? "" : " < " + input_file) << std::endl;
  Child program(runnable(bin, argv), input_file.empty() ? "/dev/null" : input_file);
  const std::string answer = program.read_all(Deadline::after(kPatience));
  print_indented(answer, most_lines);
  const int status = program.wait();
  check(status == 0, "it ended with status " + std::to_string(status));
  return answer;
}

Words DemoServer::shown(const std::string& service, const Words& options) {
  Words argv{service + "_server"};
  if (std::ranges::find(options, "--unix") == options.end()) argv.insert(argv.end(), {"--port", "0"});
  argv.insert(argv.end(), options.begin(), options.end());
  return argv;
}

DemoServer::DemoServer(const std::filesystem::path& bin, const std::string& service, const Words& options)
    : bin_(bin), service_(service), shown_(shown(service, options)), child_(runnable(bin, shown_)) {
  const std::string line = child_.read_line(Deadline::after(kPatience));
  const std::string mark = " listening on ";
  if (line.find(mark) == line.npos) throw std::runtime_error("the server said: " + line);
  where_ = line.substr(line.find(mark) + mark.size());
  std::cout << "\n  $ " << as_command(shown_) << "\n    " << line << "\n";
}

std::string DemoServer::ask(const Words& words, const std::string& input_file) const {
  Words argv{service_ + "_client"};
  if (where_.starts_with("unix:"))
    argv.insert(argv.end(), {"--unix", where_.substr(5)});
  else
    argv.insert(argv.end(), {"--port", port()});
  argv.insert(argv.end(), words.begin(), words.end());
  return run_shown(bin_, argv, kLinesShown, input_file);
}

}  // namespace socketserver::apps
