#include "comparison/worker_tally.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace socketserver::apps {

struct WorkerTally::Shared {
  std::atomic<std::size_t> workers{0};
  std::array<std::atomic<std::uint64_t>, kMostWorkers> served{};
};

namespace {

// The place of this thread; of this process, too, since a forked one has a copy.
struct Place {
  std::size_t tally = 0;
  pid_t process = 0;
  std::size_t index = 0;
};
constinit thread_local Place place;

std::atomic<std::size_t> tallies{0};

}  // namespace

WorkerTally::WorkerTally() : number_(++tallies), shared_(make_shared_object<Shared>()) {}

WorkerTally::~WorkerTally() = default;

void WorkerTally::count() noexcept {
  if (const pid_t process = ::getpid(); place.tally != number_ || place.process != process)
    place = {number_, process, std::min(shared_->workers++, kMostWorkers - 1)};
  ++shared_->served[place.index];
}

std::vector<std::uint64_t> WorkerTally::served() const {
  const std::size_t workers = std::min(shared_->workers.load(), kMostWorkers);
  return {shared_->served.begin(), shared_->served.begin() + static_cast<std::ptrdiff_t>(workers)};
}

}  // namespace socketserver::apps
