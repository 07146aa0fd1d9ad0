// Condition variables with the deadlines of net.
#pragma once

#include <condition_variable>
#include <mutex>

#include "socketserver/net/deadline.hpp"

namespace socketserver {

/// Waits until `condition` holds, which `changed` tells of; false when the deadline has passed and it does
/// not. As std::condition_variable::wait_until, which knows no deadline that never comes.
template <class Condition>
bool wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, Deadline deadline,
                Condition condition) {
  if (!deadline.is_never()) return changed.wait_until(lock, deadline.time(), condition);
  changed.wait(lock, condition);
  return true;
}

}  // namespace socketserver
