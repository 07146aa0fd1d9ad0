// One worker process, as its parent sees it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "socketserver/net/deadline.hpp"
#include "socketserver/net/fd.hpp"
#include "socketserver/server/shared_object.hpp"
#include "socketserver/server/statistics.hpp"

namespace socketserver {

/// A forked process with a lifeline: a socket whose other end the parent has, so that it becomes readable
/// when the parent asks the worker to stop, and also when the parent is gone. What it counts is in memory
/// that both have. The object does not end the process. One thread.
class WorkerProcess {
 public:
  /// Forks; the child runs work(lifeline, counters) and ends by _exit(2) with what that returns. Throws
  /// OSError when there can be no child.
  explicit WorkerProcess(const std::function<int(int lifeline, Counters& counters)>& work);

  pid_t pid() const noexcept { return pid_; }
  /// Readable when it has ended; -1 where the system has no such thing.
  int ended_fd() const noexcept { return ended_.get(); }
  Clock::duration age() const { return Clock::now() - began_; }
  Statistics statistics() const noexcept { return counters_->snapshot(); }

  /// Asks it to stop, whoever else has inherited the parent's end of the lifeline.
  void ask() const noexcept;
  void kill() const noexcept;
  /// Reaps it if it has ended.
  bool reap() noexcept;
  /// REQUIRES: reap() was true. "was killed by signal 9 (Killed)"
  std::string how_it_ended() const;
  bool ended_well() const noexcept { return status_ == 0; }

 private:
  SharedObject<Counters> counters_;
  Fd lifeline_, ended_;
  pid_t pid_ = -1;
  Clock::time_point began_;
  int status_ = 0;
};

}  // namespace socketserver
