// What happens to all connections, as a file that ui.perfetto.dev and chrome://tracing open.
#pragma once

#include <mutex>
#include <vector>

#include "socketserver/server/log_file.hpp"
#include "socketserver/server/observer.hpp"

namespace socketserver {

/// Writes Chrome's trace-event JSON. Each worker has a lane with a slice wherever it runs for a connection;
/// each connection has a track from accept to its end, and what it waits for in that. Lanes on which fibers
/// take turns are approximate: one that is suspended by anything but its connection seems to run, and its
/// slice begins where the last one of the lane ended, since slices must not overlap.
///
/// Events are collected, and written 64 KiB at a time or after a second, by the thread that comes along. The
/// array is closed when this goes; until then, and after a SIGKILL, which loses what was collected, the file
/// is one that readers of the format take as it is. Child processes add their events at their end. A process
/// that cannot write (the disk is full) gives the trace up, so that nothing follows a gap.
class ChromeTrace final : public Observer {
 public:
  /// Empties the file, or makes it. `name` is what the process is called. Throws OSError.
  ChromeTrace(const std::string& path, const std::string& name);
  ~ChromeTrace() override;
  ChromeTrace(const ChromeTrace&) = delete;
  ChromeTrace& operator=(const ChromeTrace&) = delete;

  void on_change(const ConnectionEvent& event) noexcept override;
  void on_turn() noexcept override;
  void on_fork() noexcept override;
  void on_child_end() noexcept override;

 private:
  struct Lane {
    bool named = false;
    Clock::time_point end;  // of its last slice
  };

  void add_locked(const ConnectionEvent& event);
  Lane& lane_locked(std::uint32_t worker);
  void add_slice_locked(const ConnectionEvent& event, Lane& lane);
  void add_async_locked(char phase, const std::string& name, const ConnectionEvent& event,
                        const std::string& args = {});
  void add_metadata_locked(std::uint32_t worker, const char* kind, const std::string& name);
  void flush_locked() noexcept;

  LogFile file_;
  const std::string name_;
  const int server_pid_;
  std::mutex mutex_;  // guards all below
  int pid_;           // of this process
  std::string collected_;
  std::vector<Lane> lanes_;  // by worker
  bool given_up_ = false;
  Deadline flush_;
};

}  // namespace socketserver
