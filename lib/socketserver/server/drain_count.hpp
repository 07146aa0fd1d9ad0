// What becomes of requests in progress when a server stops.
#pragma once

#include <atomic>
#include <cstddef>

namespace socketserver {

/// Of the requests in progress when a server stopped.
struct Drained {
  std::size_t finished = 0;  ///< ended by themselves
  std::size_t cut = 0;       ///< were shut down at drain_timeout
};

/// Counts them. Any thread may call.
class DrainCount {
 public:
  /// The server serves again.
  void reset() noexcept { begun_ = false; }
  /// The server accepts no more, while `active` are in progress. Only the first call since reset() counts.
  void begin(std::size_t active) noexcept {
    if (begun_.exchange(true)) return;
    in_progress_ = active;
    cut_ = 0;
    told_ = false;
  }
  /// Is the result news?
  bool tell() noexcept { return !told_.exchange(true); }
  bool begun() const noexcept { return begun_; }
  void cut(std::size_t count) noexcept { cut_ += count; }
  /// Of the last time, while `active` are still in progress.
  Drained result(std::size_t active) const noexcept {
    const std::size_t cut = cut_, gone = cut + (begun_ ? active : 0), all = in_progress_;
    return {all > gone ? all - gone : 0, cut};
  }

 private:
  std::atomic<bool> begun_{false}, told_{false};
  std::atomic<std::size_t> in_progress_{0}, cut_{0};
};

}  // namespace socketserver
