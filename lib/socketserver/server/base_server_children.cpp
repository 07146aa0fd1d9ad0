// What BaseServer does for models of processes, in the parent and in its children.
#include <unistd.h>

#include "socketserver/server/base_server.hpp"

namespace socketserver {
namespace {

// Numbers of connections that each worker process has to itself: more than it lives to see. A process id of
// Linux has 22 bits at most, so that all together have 52, and a double, as JSON's numbers are, holds them.
constexpr int kConnectionBits = 30;

}  // namespace

void BaseServer::handed_over(Request& request) noexcept {
  if (request.queued()) --counters_->queued;
  request.set_queued(false);
  if (request.report() != nullptr) request.report()->hand_over();
}

// What a worker counts is memory of its parent's, in which the same request would end twice. The parent may
// have handed it over by now, and so have one less in its queue.
void BaseServer::forked() noexcept {
  lingering_.clear();
  if (counters_ != &own_counters_) {
    own_counters_.active = counters_->active.load();
    own_counters_.queued = 1;
    counters_ = &own_counters_;
  }
  if (observer != nullptr) observer->on_fork();
}

void BaseServer::child_ends(const Request& request) noexcept {
  request.end_report();
  if (observer != nullptr) observer->on_child_end();
}

// What wakes the loop for room must wake this one alone.
void BaseServer::begin_worker(int lifeline, Counters& counters) {
  loop_.become_worker(lifeline);
  counters_ = &counters;
  connections_before_ = static_cast<std::uint64_t>(::getpid()) << kConnectionBits;
  room_wakeup_ = Wakeup();
  if (observer != nullptr) observer->on_fork();
}

void BaseServer::end_worker() noexcept {
  if (observer != nullptr) observer->on_child_end();
}

void BaseServer::set_drained(const Drained& drained) noexcept {
  drain_.reset();
  drain_.begin(drained.finished + drained.cut);
  drain_.cut(drained.cut);
  drain_.tell();  // the children did
}

}  // namespace socketserver
