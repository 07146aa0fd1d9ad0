// What tests of sockets share: connected pairs, fillings, storms of signals.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <string>
#include <thread>

#include "socketserver/net/create_connection.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver::testing {

/// Two ends of one connection.
struct Pair {
  Socket ours, theirs;
};

inline Pair unix_pair(int type = SOCK_STREAM) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) throw_os_error(errno, "socketpair");
  return {Socket(Fd(ends[0]), AF_UNIX, type), Socket(Fd(ends[1]), AF_UNIX, type)};
}

inline Socket tcp_listener(const Address& address = {"127.0.0.1", 0}) {
  Socket listener = Socket::tcp();
  listener.bind(address);
  listener.listen();
  return listener;
}

inline Pair tcp_pair() {
  Socket listener = tcp_listener();
  Socket ours = create_connection(listener.getsockname());
  return {std::move(ours), listener.accept().first};
}

/// Makers of connected streams of both families.
inline Pair (*const kStreamPairs[])() = {[] { return unix_pair(); }, tcp_pair};

/// Sends until there is no more room; returns how many bytes went.
inline std::size_t fill(Socket& socket) {
  const std::string block(65536, 'x');
  std::size_t sent = 0;
  for (std::size_t size = block.size(); size > 0;) {
    const ssize_t n = ::send(socket.fileno(), block.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
      sent += static_cast<std::size_t>(n);
    else
      size /= 2;
  }
  return sent;
}

template <class Body>
Clock::duration time_of(Body body) {
  const auto begin = Clock::now();
  body();
  return Clock::now() - begin;
}

/// The message of the Error that `body` throws; "nothing was thrown" without one.
template <class Error, class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// Interrupts the thread that makes it with a signal every millisecond, without SA_RESTART.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, &before_);
    storm_ = std::thread([this, target = ::pthread_self()] {
      while (!over_) {
        ::pthread_kill(target, SIGUSR1);
        ++signals_;
        wait_any({}, Deadline::after(std::chrono::milliseconds(1)));
      }
    });
  }
  ~SignalStorm() {
    over_ = true;
    storm_.join();
    ::sigaction(SIGUSR1, &before_, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  int signals() const { return signals_; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> signals_{0};
  struct sigaction before_ {};
  std::thread storm_;
};

}  // namespace socketserver::testing
