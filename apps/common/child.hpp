// A program that another one starts.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "socketserver/net/deadline.hpp"
#include "socketserver/net/fd.hpp"

namespace socketserver::apps {

/// Runs a program that reads a file and whose output, errors included, comes to us; it never outlives this
/// object: the destructor, and the signals of stop_children_at_signals(), end it by SIGTERM. One thread.
class Child {
 public:
  /// argv[0] is a path. Throws OSError when it cannot be run.
  explicit Child(std::vector<std::string> argv, const std::string& input_file = "/dev/null");
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line it prints, without its '\n'; the rest where it ends. Throws TimeoutError at the deadline.
  std::string read_line(Deadline deadline);
  /// All that it prints until it ends. Throws as read_line().
  std::string read_all(Deadline deadline);
  /// Waits for its end: the exit status, or 128 and the signal.
  int wait();

 private:
  bool read_some(Deadline deadline);

  pid_t pid_ = -1;  // -1: it has ended
  Fd output_;
  std::string read_;  // and not yet returned
};

/// Has SIGINT and SIGTERM end all children, those that exist then, before they end this process.
void stop_children_at_signals();

}  // namespace socketserver::apps
