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
  Words runnable(Words argv) const;

  std::filesystem::path bin_;
  std::string service_, where_;
  Words shown_;
  Child child_;
};

}  // namespace socketserver::apps
