// Shows a person how far something is.
#pragma once

#include <cstdint>
#include <string>

#include "socketserver/net/deadline.hpp"

namespace socketserver::apps {

/// "1.5 MB", of 1000 bytes each step, as disks and networks are measured.
std::string size_text(double bytes);

/// ", 1.5 MB/s", to stand behind a size; "" where it is so little, or took so short a time, that a rate
/// would tell of buffers and clocks.
std::string rate_text(double bytes, double seconds);

/// One line on standard error that is drawn over itself. Nothing at all where standard error is no terminal.
/// One thread.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Would a new text be seen? Not more often than the eye follows.
  bool due();
  /// Shows as much of it as the terminal is wide.
  void draw(const std::string& text);
  /// Wipes it.
  void clear();
  static std::size_t width();

 private:
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point next_;
};

/// How far a transfer is, on such a line: bytes, share, rate, time left; and what of several it is. One
/// thread.
class ProgressBar {
 public:
  /// Files that belong together; counts of files and bytes.
  struct Total {
    std::uint64_t file = 1, files = 1;  ///< which one it is, from 1 on
    std::uint64_t done = 0, size = 0;   ///< bytes of those before it, and of all; 0: not known
  };

  ProgressBar() = default;
  explicit ProgressBar(const Total& total) : total_(total) {}
  void show(std::uint64_t done, std::uint64_t size);
  void clear() { line_.clear(); }

 private:
  std::string total_text(std::uint64_t done) const;

  Total total_;
  StatusLine line_;
  Clock::time_point began_ = Clock::now();
};

}  // namespace socketserver::apps
