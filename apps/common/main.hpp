// What every main() is made of.
#pragma once

#include <exception>
#include <functional>
#include <string>

namespace socketserver::apps {

/// Runs `body` and returns its result as the exit status. What it throws becomes one line on standard error,
/// "<program>: <what>": UsageError with status 2, every other std::exception with status 1. Output that could
/// not be written (a full disk, a closed pipe) is such an error, too; SIGPIPE ends no program of ours.
int run_main(const std::string& program, const std::function<int()>& body);

/// `guess` is what may be the reason behind an error of the kind that a peer causes which speaks another
/// protocol, or ends the connection: run_main() appends it to such an error's line from now on. One thread.
void guess_at_peer_errors(std::string guess);

/// What an error says, and the guess where it is of that kind.
std::string with_guess(const std::exception& error);

}  // namespace socketserver::apps
