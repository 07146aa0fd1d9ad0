#include "socketserver/service/chat.hpp"

#include "socketserver/service/packet.hpp"

namespace socketserver {
namespace {

// Deliveries that wait while somebody sends: a few seconds' worth of a lively room. With one thread, other
// fibers and the thread of who types get there, and only where the network takes less than is said.
constexpr std::size_t kMostQueued = 1024;

class Unlocked {
 public:
  explicit Unlocked(std::unique_lock<std::mutex>& lock) : lock_(lock) { lock_.unlock(); }
  ~Unlocked() { lock_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
};

class Marked {
 public:
  explicit Marked(bool& mark) : mark_(mark) { mark_ = true; }
  ~Marked() { mark_ = false; }
  Marked(const Marked&) = delete;
  Marked& operator=(const Marked&) = delete;

 private:
  bool& mark_;
};

}  // namespace

void ChatActions::reply(const Address& to, std::string text, std::string if_lost) {
  send.push_back({std::move(text), std::make_shared<const std::vector<Address>>(1, to), std::move(if_lost)});
}

ChatService::ChatService(std::unique_ptr<ChatHost> host, Show show, Show note)
    : show_(std::move(show)), note_(std::move(note)), host_(std::move(host)) {}

void ChatService::queue_locked(std::vector<ChatDelivery> deliveries) {
  for (ChatDelivery& each : deliveries) {
    if (queue_.size() < kMostQueued) {
      queue_.push_back(std::move(each));
    } else if (!std::exchange(losing_, true)) {
      note_("the network is too slow for all that is said: messages are lost");
    }
  }
}

template <class Decide>
bool ChatService::perform(Socket& socket, Decide decide) {
  std::unique_lock lock(mutex_);
  ChatActions actions = decide(*host_, Clock::now());
  for (const std::string& line : actions.show) show_(line);
  for (const std::string& line : actions.notes) note_(line);
  queue_locked(std::move(actions.send));
  if (!sending_) send_queued(socket, lock);
  return !actions.end;
}

void ChatService::send_queued(Socket& socket, std::unique_lock<std::mutex>& lock) {
  const Marked marked(sending_);
  while (!queue_.empty()) {
    const ChatDelivery next = std::move(queue_.front());
    queue_.pop_front();
    std::size_t lost = 0;
    {
      const Unlocked unlocked(lock);
      lost = send_packets(socket, next.text, *next.to);
    }
    if (lost > 0 && !next.if_lost.empty()) note_(next.if_lost);
  }
  losing_ = false;
}

void ChatService::hear(Socket& socket, const Address& from, std::string_view datagram) {
  perform(socket, [&](ChatHost& host, Clock::time_point now) { return host.hear(from, datagram, now); });
}

bool ChatService::type(Socket& socket, std::string_view line) {
  return perform(socket, [&](ChatHost& host, Clock::time_point now) { return host.type(line, now); });
}

void ChatService::tick(Socket& socket) {
  perform(socket, [&](ChatHost& host, Clock::time_point now) { return host.tick(now); });
}

bool ChatService::wants_lines() const {
  const std::lock_guard lock(mutex_);
  return host_->wants_lines();
}

void ChatHandler::handle() { service_->hear(request().socket(), client_address(), request().packet()); }

}  // namespace socketserver
