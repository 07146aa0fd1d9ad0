// A server program that shows itself: what is typed and printed goes to standard output.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/child.hpp"

namespace socketserver::apps {

using Words = std::vector<std::string>;

/// Throws std::runtime_error that says `what` the answer just printed should have been.
void check(bool right, const std::string& what);

/// Of an answer: a tour should fit on a few screens.
inline constexpr std::size_t kLinesShown = 4;
/// The first lines of an answer, on standard output.
void print_indented(const std::string& text, std::size_t most_lines = kLinesShown);

/// Runs a program of the directory `bin`, argv[0], shows what is typed and printed, and returns what it
/// printed. Of that, `most_lines` are shown. Throws as check() when its exit status is not 0.
std::string run_shown(const std::filesystem::path& bin, const Words& argv, std::size_t most_lines,
                      const std::string& input_file = {});

/// A server program of a service, from its line "listening on" until this object goes. One thread.
class DemoServer {
 public:
  /// Runs `<service>_server` of the directory `bin` on a free port, or as `options` say.
  DemoServer(const std::filesystem::path& bin, const std::string& service, const Words& options);

  /// Runs the client with `words` and `input_file` as its input, prints both, and returns what it printed.
  std::string ask(const Words& words, const std::string& input_file = {}) const;

  std::string port() const { return where_.substr(where_.rfind(':') + 1); }

 private:
  static Words shown(const std::string& service, const Words& options);

  std::filesystem::path bin_;
  std::string service_, where_;
  Words shown_;
  Child child_;
};

}  // namespace socketserver::apps
