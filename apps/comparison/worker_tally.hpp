// Who served how many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "socketserver/server/shared_object.hpp"

namespace socketserver::apps {

/// Counts what each worker, a thread or a process, has served: in memory that processes forked later share.
/// Any thread of any of them.
class WorkerTally {
 public:
  /// More workers than that are counted as the last one; who makes one for each client has no spread.
  static constexpr std::size_t kMostWorkers = 4096;

  /// Throws OSError.
  WorkerTally();
  ~WorkerTally();
  WorkerTally(const WorkerTally&) = delete;
  WorkerTally& operator=(const WorkerTally&) = delete;

  /// The caller has one more.
  void count() noexcept;
  /// Of each worker that has had any.
  std::vector<std::uint64_t> served() const;

 private:
  struct Shared;
  const std::size_t number_;  // among all of this process: addresses come again
  SharedObject<Shared> shared_;
};

}  // namespace socketserver::apps
