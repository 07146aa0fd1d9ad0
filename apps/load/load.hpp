// A load on an echo server: what all scenarios share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/interruption.hpp"
#include "load/failures.hpp"
#include "load/histogram.hpp"
#include "socketserver/concurrency/poller.hpp"
#include "socketserver/net/address.hpp"

namespace socketserver::apps {

struct LoadSettings {
  Address server;
  std::size_t connections = 64;
  std::size_t size = 64;                          ///< of a message, in bytes
  Timeout duration = std::chrono::seconds(5);     ///< nullopt: until an interruption
  std::chrono::nanoseconds warm_up{500'000'000};  ///< before the measured time, which is `duration`
  /// Requests per second of all connections together, due at fixed times; 0: as fast as answers come.
  std::uint64_t rate = 0;
  Timeout timeout = std::chrono::seconds(5);  ///< of one answer
  std::size_t window = 16;                    ///< datagrams in flight on each socket
  bool reset = false;  ///< churn: ends connections by reset, so that no port stays taken
};

/// What was found so far. Of the measured time alone, but for failures, which are never left out.
struct LoadResult {
  Histogram latency;                 ///< in nanoseconds
  std::uint64_t requests = 0;        ///< answered rightly; where connections are held: those opened
  std::uint64_t bytes = 0;           ///< that came back
  std::uint64_t all_requests = 0;    ///< with those of the warm-up
  std::uint64_t lost = 0;            ///< datagrams
  std::uint64_t starved = 0;         ///< connections without any answer
  std::uint64_t held = 0;            ///< where connections are held: those asked again at the end
  std::uint64_t answered_again = 0;  ///< and of them those that answered
  double seconds = 0;                ///< that the requests took
  double cpu = 0;                    ///< of this process, as a share of a core during the whole run
  bool interrupted = false;
  Failures failures;
};

/// What run() tells while it runs.
struct LoadProgress {
  const char* phase = "";
  double seconds = 0;  ///< since the beginning
  const LoadResult& result;
};

/// One run of a scenario: a single thread that never blocks but to wait for events, and touches no connection
/// without one; so it can do more than a server that answers. One thread, run once.
class Load {
 public:
  explicit Load(LoadSettings settings);
  virtual ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Runs to the end of its time, to the interruption, or until `go_on`, which is called some times a second,
  /// returns false. Throws OSError where this machine lacks something; what the server does wrong is counted.
  const LoadResult& run(const Interruption* interruption = nullptr,
                        const std::function<bool(const LoadProgress&)>& go_on = {});

 protected:
  using Time = Clock::time_point;

  // ---- for scenarios ----
  virtual void begin() = 0;
  /// Something is to be done for connection `index`; `events` are those of poll(2).
  virtual void ready(std::size_t index, short events) = 0;
  /// Some times a second: what is overdue, what has to be tried again.
  virtual void tick() = 0;
  /// Whenever events have been handled, and at wake_at().
  virtual void pace() {}
  virtual Time wake_at() const { return Time::max(); }
  virtual bool over() const { return now_ >= end_; }
  virtual void finish() = 0;
  virtual const char* phase() const { return now_ < measure_from_ ? "warm-up" : "measuring"; }

  // ---- for their use ----
  void watch(int fd, std::size_t index);
  /// Before `fd` is closed.
  void unwatch(int fd) { poller_->want(fd, 0); }
  void want_writing(int fd, bool writing);
  bool measuring() const { return now_ >= measure_from_ && now_ < end_; }
  bool overdue(Time since) const { return settings_.timeout && now_ - since > *settings_.timeout; }
  /// An answer that has come now, to what was sent, or due, at `since`; does it belong to the measured time?
  void record(Time since, std::size_t bytes, bool measured);

  const LoadSettings settings_;
  LoadResult result_;
  /// Of the latest event; read anew where a request ends or begins, since a hundred may come at a time.
  Time now_;
  Time start_, measure_from_, end_;

 private:
  void wait_for_events();
  void end_early();
  Deadline sleep_until() const;

  std::unique_ptr<Poller> poller_;
  std::vector<std::size_t> index_of_;  // by descriptor
  Time next_tick_;
};

/// 0 where `to` is before `from`.
double seconds_between(Clock::time_point from, Clock::time_point to);

}  // namespace socketserver::apps
