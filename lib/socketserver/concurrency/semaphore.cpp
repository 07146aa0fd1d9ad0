#include "socketserver/concurrency/semaphore.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "socketserver/concurrency/sanitizers.hpp"

namespace socketserver {
namespace {

timespec to_timespec(Deadline deadline) {
  // Deadline::now() is before the epoch.
  const auto since = std::max(deadline.time().time_since_epoch(), Clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((since - seconds).count())};
}

}  // namespace

Semaphore::Semaphore() noexcept { ::sem_init(&semaphore_, 0, 0); }

Semaphore::~Semaphore() { ::sem_destroy(&semaphore_); }

void Semaphore::post() noexcept { ::sem_post(&semaphore_); }

// std::chrono::steady_clock is CLOCK_MONOTONIC; sem_clockwait(3) is of POSIX.1-2024.
bool Semaphore::wait(Deadline deadline) noexcept {
  const timespec end = to_timespec(deadline);
  int result;
  do
    result =
        deadline.is_never() ? ::sem_wait(&semaphore_) : ::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &end);
  while (result != 0 && errno == EINTR);
  sanitizers::acquire(&semaphore_);
  return result == 0;
}

}  // namespace socketserver
