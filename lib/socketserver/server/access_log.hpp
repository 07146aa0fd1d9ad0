// One line for each connection.
#pragma once

#include "socketserver/server/log_file.hpp"
#include "socketserver/server/observer.hpp"

namespace socketserver {

/// Writes a line at the end of each connection, refused ones and datagrams included: the client, the seconds
/// since accept, the bytes received and sent, and the outcome, with spaces between:
///   127.0.0.1:40312 0.004211 6 6 finished
/// Spaces and what is not printable in a path are shown as \x20. Each line is one write(2) to the end of the
/// file, by whoever ends the connection, in a child process, too.
class AccessLog final : public Observer {
 public:
  /// Adds to the file; "-" is standard output. Throws OSError.
  explicit AccessLog(const std::string& path) : file_(path, LogFile::Begin::kAppend) {}
  void on_change(const ConnectionEvent& event) noexcept override;

 private:
  LogFile file_;
};

}  // namespace socketserver
