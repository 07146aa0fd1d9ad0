#include "socketserver/concurrency/fiber_set.hpp"

#include <utility>

namespace socketserver {

/// In the list of those that have not ended.
class FiberSet::Body : public FiberBody {
 public:
  Body(FiberSet& set, BaseServer& server, Request&& request) noexcept
      : set_(set), server_(server), request_(std::move(request)), next_(set.first_), link_(&set.first_) {
    if (next_ != nullptr) next_->link_ = &next_;
    set.first_ = this;
  }
  ~Body() override {
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void run() noexcept override {
    server_.complete_request_alone(request_);
    if (set_.ended_ != nullptr) ++*set_.ended_;
  }
  void interrupt() noexcept { request_.interrupt(); }
  void ask_to_end() noexcept { request_.ask_to_end(); }
  Body* next() const noexcept { return next_; }

 private:
  FiberSet& set_;
  BaseServer& server_;
  Request request_;
  Body* next_;
  Body** link_;  // what points to this one
};

void FiberSet::start(BaseServer& server, Request& request) {
  const bool datagram = request.is_datagram();
  loop_.start<Body>(*this, server, std::move(request));
  if (datagram && ++datagrams_ % kDatagrams == 0) loop_.run_others();
}

std::size_t FiberSet::drain(Deadline deadline) {
  for (Body* body = first_; body != nullptr; body = body->next()) body->ask_to_end();
  if (loop_.join_all(deadline)) return 0;
  std::size_t interrupted = 0;
  for (Body* body = first_; body != nullptr; body = body->next(), ++interrupted) body->interrupt();
  loop_.join_all(Deadline::never());
  return interrupted;
}

}  // namespace socketserver
