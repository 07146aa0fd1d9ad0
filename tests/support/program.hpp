// Runs programs, ours and foreign ones, with their input and output in the test's hands.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "socketserver/net/address.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver::testing {

/// One of our programs by name: its path in the build.
std::string our_program(const std::string& name);
/// A foreign one: its path from PATH, nullopt where it is not installed.
std::optional<std::string> find_program(const std::string& name);

/// A script of ours for a foreign program, named as it is below tests/.
std::string test_script(const std::string& name);

/// How a program ended, and what it printed.
struct Outcome {
  int status = 0;  ///< the exit status, or 128 and the signal
  std::string out, err;
};

/// A running program in a process group of its own; killed when the fixture goes.
class Program {
 public:
  /// argv[0] is a path; `environment` is added to ours. Input is a pipe.
  explicit Program(std::vector<std::string> argv, std::vector<std::string> environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void write(const std::string& input);
  void close_input() { input_.reset(); }
  /// Waits until what it printed on standard output (or error) holds `text`; returns all printed so far.
  /// Throws std::runtime_error with what there is when it ends, or the watchdog bites, before.
  std::string wait_for_output(const std::string& text);
  std::string wait_for_error(const std::string& text);
  /// The address behind "listening on "; waits for the line.
  Address wait_until_listening();
  void kill(int signal);
  /// Closes its input and waits for its end.
  Outcome wait();

 private:
  bool pump();  // reads what there is, waiting for it; false at the end of both streams
  std::string wait_for(std::string& in, const std::string& text);

  pid_t pid_ = -1;
  Fd input_, output_, error_;
  std::string out_, err_;
};

/// Runs to the end with `input`.
Outcome run(std::vector<std::string> argv, const std::string& input = {});

/// The host and port (or path) of an address as the programs' options: --host H --port P, or --unix PATH.
std::vector<std::string> options_for(const Address& address);

/// Has this process, which need not be ours, ended? One that its parent has not reaped yet has.
bool has_ended(pid_t process);

}  // namespace socketserver::testing
