// Chat over datagrams: each datagram is one message in UTF-8, without a line end. What a server makes of them
// is a ChatHost: ChatDesk, at which one person answers, or ChatRoom, which relays. A host only decides; it
// has no socket, no clock and no lock, so that it can be tested alone. ChatService does what it decided.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/handler/base_request_handler.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/net/socket.hpp"

namespace socketserver {

/// One text for several; shared, since most go to the same ones.
struct ChatDelivery {
  std::string text;
  std::shared_ptr<const std::vector<Address>> to;
  std::string if_lost;  ///< a note for when it cannot be sent; empty: none
};

/// What shall happen because of something: in this order.
struct ChatActions {
  std::vector<std::string> show;   ///< messages, for the person at the server
  std::vector<std::string> notes;  ///< what else that person should know
  std::vector<ChatDelivery> send;
  bool end = false;  ///< the person has had enough

  void reply(const Address& to, std::string text, std::string if_lost = {});
};

/// One thread at a time.
class ChatHost {
 public:
  virtual ~ChatHost() = default;
  /// A datagram came. Any bytes, from anybody.
  virtual ChatActions hear(const Address& from, std::string_view datagram, Clock::time_point now) = 0;
  /// The person at the server typed a line.
  virtual ChatActions type(std::string_view line, Clock::time_point now) = 0;
  /// Several times a second.
  virtual ChatActions tick(Clock::time_point now) = 0;
  /// May another line be typed, or would it only wait?
  virtual bool wants_lines() const { return true; }
};

/// A host behind a socket. Any thread or fiber may call. Everything is sent in the order in which it was
/// decided, to all receivers alike: who finds somebody sending leaves its own to that one.
class ChatService {
 public:
  using Show = std::function<void(const std::string& line)>;
  /// `show` and `note` are called by one thread at a time; they must neither throw nor call back.
  ChatService(std::unique_ptr<ChatHost> host, Show show, Show note);

  /// `socket` is the server's.
  void hear(Socket& socket, const Address& from, std::string_view datagram);
  /// False when the person has had enough.
  bool type(Socket& socket, std::string_view line);
  void tick(Socket& socket);
  bool wants_lines() const;

 private:
  template <class Decide>
  bool perform(Socket& socket, Decide decide);
  void send_queued(Socket& socket, std::unique_lock<std::mutex>& lock);
  void queue_locked(std::vector<ChatDelivery> deliveries);

  const Show show_, note_;
  mutable std::mutex mutex_;  // guards all below; never held while something is sent
  std::unique_ptr<ChatHost> host_;
  std::deque<ChatDelivery> queue_;
  bool sending_ = false;
  bool losing_ = false;
};

/// For servers of datagrams whose handlers begin in the order in which the datagrams came: all in one thread,
/// as under UDPServer, and FiberMixIn with one worker. With more threads one line of somebody would overtake
/// another; processes share no memory, and so no host.
class ChatHandler : public BaseRequestHandler {
 public:
  explicit ChatHandler(std::shared_ptr<ChatService> service) : service_(std::move(service)) {}
  void handle() override;

 private:
  std::shared_ptr<ChatService> service_;
};

}  // namespace socketserver
