#include "common/prompt.hpp"

#include <unistd.h>

#include <iostream>
#include <utility>

namespace socketserver::apps {

Prompt::Prompt(std::string text) : text_(std::move(text)), interactive_(::isatty(STDIN_FILENO) != 0) {}

std::optional<std::string> Prompt::next() {
  std::cout.flush();
  if (interactive_) std::cerr << text_ << std::flush;
  std::string line;
  if (std::getline(std::cin, line)) return line;
  if (interactive_) std::cerr << "\n";  // the shell's own prompt shall not stand behind ours
  return std::nullopt;
}

}  // namespace socketserver::apps
