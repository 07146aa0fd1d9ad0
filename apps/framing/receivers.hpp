// Handlers that tell their client what their calls of recv gave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socketserver/handler/base_request_handler.hpp"

namespace socketserver::apps {

/// As it can be printed, between quotes.
std::string quoted(std::string_view bytes);

/// Receives by recv(recv_size) as one does who believes that a recv is a message, once `busy_until` bytes are
/// there: nothing here depends on how quickly they come. Tells what each gave.
class Naive : public BaseRequestHandler {
 public:
  Naive(std::size_t busy_until, std::size_t recv_size) : busy_until_(busy_until), recv_size_(recv_size) {}
  void handle() override;

 private:
  std::size_t busy_until_, recv_size_;
};

/// More than the buffers of two sockets hold.
inline constexpr std::size_t kGreat = std::size_t{1} << 20;

/// Tells how many bytes its first recv(kGreat) gave, in a line, and takes the rest.
class First : public BaseRequestHandler {
 public:
  void handle() override;
};

enum class Cure { kDelimited, kLengthPrefixed, kHeaderFramed };

/// What a framing makes of messages.
std::string framed(Cure cure, const std::vector<std::string>& messages);

/// As Naive, but with a framing. Tells in one line what each recv gave, in the next the messages.
class Cured : public BaseRequestHandler {
 public:
  Cured(Cure cure, std::size_t busy_until, std::size_t recv_size)
      : cure_(cure), busy_until_(busy_until), recv_size_(recv_size) {}
  void handle() override;

 private:
  Cure cure_;
  std::size_t busy_until_, recv_size_;
};

}  // namespace socketserver::apps
