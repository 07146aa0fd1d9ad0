// Semaphores of POSIX, with the deadlines of net.
#pragma once

#include <semaphore.h>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// sem_init(3), at 0. Cheaper than a condition variable where one thread wakes one other, which takes no lock
/// then. What precedes post() happens before what follows the wait() that it ended. Any thread may call.
class Semaphore {
 public:
  Semaphore() noexcept;
  ~Semaphore();
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void post() noexcept;
  /// False when the deadline came first.
  bool wait(Deadline deadline) noexcept;

 private:
  sem_t semaphore_;
};

}  // namespace socketserver
