// What every main() is made of.
#pragma once

#include <functional>
#include <string>

namespace socketserver::apps {

/// Runs `body` and returns its result as the exit status. What it throws becomes one line on standard error,
/// "<program>: <what>": UsageError with status 2, every other std::exception with status 1. Output that could
/// not be written (a full disk, a closed pipe) is such an error, too; SIGPIPE ends no program of ours.
int run_main(const std::string& program, const std::function<int()>& body);

}  // namespace socketserver::apps
