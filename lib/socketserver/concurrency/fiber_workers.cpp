#include "socketserver/concurrency/fiber_workers.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "socketserver/concurrency/thread.hpp"
#include "socketserver/net/wakeup.hpp"

namespace socketserver {
namespace {

constinit thread_local const BaseServer* served = nullptr;

}  // namespace

class FiberWorkers::Worker {
 public:
  Worker(BaseServer& server, LoopControl& control, std::size_t stack_size)
      : server_(server), thread_(start_thread([this, &control, stack_size] {
          const LoopControl::Member member(control);
          live(stack_size);
        })) {
    try {
      began_.get_future().get();
    } catch (...) {
      thread_.join();
      throw;
    }
  }
  ~Worker() {
    begin_drain(Deadline::now());
    finish_drain();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Not ended, those that were not begun included.
  std::size_t load() const noexcept { return given_ - ended_; }

  void give(Request& request) {
    bool first;
    {
      const std::lock_guard lock(mutex_);
      first = inbox_.empty();
      inbox_.push_back(std::move(request));
    }
    ++given_;
    if (first) wakeup_.notify();
  }

  void begin_drain(Deadline deadline) {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    deadline_ = deadline;
    wakeup_.notify();
  }

  std::size_t finish_drain() {
    if (thread_.joinable()) thread_.join();
    return std::exchange(interrupted_, 0);
  }

 private:
  // What cannot be had is the maker's to know.
  void live(std::size_t stack_size) {
    served = &server_;
    std::optional<FiberSet> fibers;
    try {
      fibers.emplace(stack_size, make_poller(), &ended_);
      fibers->loop().keep(wakeup_.fileno());
    } catch (...) {
      return began_.set_exception(std::current_exception());
    }
    began_.set_value();
    run(*fibers);
  }

  void run(FiberSet& fibers) {
    const WaiterScope scope(&fibers.loop());
    for (bool last = false; !last;) {
      wait_readable(wakeup_.fileno(), Deadline::never());
      wakeup_.drain();
      std::vector<Request> requests;
      {
        const std::lock_guard lock(mutex_);
        requests.swap(inbox_);
        last = draining_;
      }
      for (Request& request : requests) begin(fibers, request);
    }
    interrupted_ = fibers.drain(deadline_);
    fibers.loop().forget(wakeup_.fileno());
  }

  void begin(FiberSet& fibers, Request& request) {
    try {
      fibers.start(server_, request);
    } catch (const std::exception&) {
      server_.fail_request(request);
      ++ended_;
    }
  }

  BaseServer& server_;
  std::promise<void> began_;
  std::size_t given_ = 0;  // the giver's
  std::atomic<std::size_t> ended_{0};
  std::size_t interrupted_ = 0;
  Wakeup wakeup_;
  std::mutex mutex_;  // guards all below
  std::vector<Request> inbox_;
  bool draining_ = false;
  Deadline deadline_;
  std::thread thread_;  // last: it uses all above
};

FiberWorkers::FiberWorkers(BaseServer& server, LoopControl& control, std::size_t threads,
                           std::size_t stack_size) {
  try {
    while (workers_.size() < threads)
      workers_.push_back(std::make_unique<Worker>(server, control, stack_size));
  } catch (const std::system_error& error) {
    error_ = error.code().value();
  } catch (const std::bad_alloc&) {
    error_ = ENOMEM;
  }
}

FiberWorkers::~FiberWorkers() = default;

bool FiberWorkers::start(Request& request, std::size_t load) {
  const auto by_load = [](const auto& a, const auto& b) { return a->load() < b->load(); };
  const auto least = std::ranges::min_element(workers_, by_load);
  if (least == workers_.end() || (*least)->load() >= load) return false;
  (*least)->give(request);
  return true;
}

void FiberWorkers::begin_drain(Deadline deadline) {
  for (const auto& worker : workers_) worker->begin_drain(deadline);
}

std::size_t FiberWorkers::finish_drain() {
  std::size_t interrupted = 0;
  for (const auto& worker : workers_) interrupted += worker->finish_drain();
  return interrupted;
}

bool FiberWorkers::serve_in_caller(const BaseServer& server) noexcept { return served == &server; }

}  // namespace socketserver
