// Lines from standard input: typed by a person, or piped.
#pragma once

#include <optional>
#include <string>

namespace socketserver::apps {

/// Asks for lines, with a prompt only where a person types them. The prompt goes to standard error, as the
/// shell's does, so that standard output holds answers alone. One thread.
class Prompt {
 public:
  explicit Prompt(std::string text);

  /// The next line without its '\n'; nullopt at the end of input. What was printed before is flushed first;
  /// where that cannot be, nobody wants more of it, and there is no next line either. Throws OSError where
  /// standard input cannot be read, and std::runtime_error for a line of more than 1 MiB.
  std::optional<std::string> next();

 private:
  std::string text_;
  bool interactive_;
};

}  // namespace socketserver::apps
