// Shows a person how far a transfer is.
#pragma once

#include <cstdint>
#include <string>

#include "socketserver/net/deadline.hpp"

namespace socketserver::apps {

/// "1.5 MB", of 1000 bytes each step, as disks and networks are measured.
std::string size_text(double bytes);

/// ", 1.5 MB/s", to stand behind a size; "" where it took so short a time that a rate would tell of buffers
/// and clocks.
std::string rate_text(double bytes, double seconds);

/// One line on standard error that is drawn over itself: bytes, share, rate, time left. Nothing at all where
/// standard error is no terminal. One thread.
class ProgressBar {
 public:
  ProgressBar();
  /// Wipes the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done, std::uint64_t size);

 private:
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point began_, next_;
};

}  // namespace socketserver::apps
