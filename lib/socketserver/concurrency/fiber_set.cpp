#include "socketserver/concurrency/fiber_set.hpp"

#include <utility>

namespace socketserver {

class FiberSet::Body : public FiberBody {
 public:
  Body(FiberSet& set, BaseServer& server, Request&& request) noexcept
      // The loop looks after timeouts itself.
      : set_(set),
        server_(server),
        request_(std::move(request)),
        entry_(set.active_, request_, Deadlines{}) {}
  void run() noexcept override {
    server_.complete_request_alone(request_);
    if (set_.ended_ != nullptr) ++*set_.ended_;
  }

 private:
  FiberSet& set_;
  BaseServer& server_;
  Request request_;
  const ActiveRequests::Entry entry_;
};

void FiberSet::start(BaseServer& server, Request& request) {
  loop_.start<Body>(*this, server, std::move(request));
}

std::size_t FiberSet::drain(Deadline deadline) {
  if (loop_.join_all(deadline)) return 0;
  const std::size_t interrupted = active_.interrupt_all();
  loop_.join_all(Deadline::never());
  return interrupted;
}

}  // namespace socketserver
