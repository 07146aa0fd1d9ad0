// The client's side of the echo service.
#include <poll.h>

#include <cerrno>

#include "socketserver/io/reader.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/echo.hpp"

namespace socketserver {
namespace {

constexpr std::size_t kRecvSize = 65'536;  // a recv rarely gives more

/// For as long as it lives, the calls of a socket do not wait.
class NonblockingScope {
 public:
  explicit NonblockingScope(Socket& socket) : socket_(socket), timeout_(socket.gettimeout()) {
    socket_.setblocking(false);
  }
  ~NonblockingScope() { socket_.settimeout(timeout_); }
  NonblockingScope(const NonblockingScope&) = delete;
  NonblockingScope& operator=(const NonblockingScope&) = delete;
  const Timeout& timeout() const { return timeout_; }

 private:
  Socket& socket_;
  Timeout timeout_;
};

[[noreturn]] void no_answer(const Socket& socket) {
  throw_os_error(ETIMEDOUT, "no answer from " + socket.getpeername().to_string());
}

}  // namespace

std::string echo(Socket& connection, std::string_view message) {
  const NonblockingScope scope(connection);
  std::string answer(message.size(), '\0');
  for (std::size_t sent = 0, got = 0; got < answer.size();) {
    const bool sending = sent < message.size();
    pollfd one{connection.fileno(), static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), 0};
    if (wait_any({&one, 1}, Deadline::after(scope.timeout())) == 0) no_answer(connection);
    if ((one.revents & POLLOUT) != 0) sent += connection.send(message.substr(sent));
    if ((one.revents & ~POLLOUT) == 0) continue;
    const std::size_t more = connection.recv_into(std::span(answer).subspan(got));
    if (more == 0)
      throw EOFError("the server ended after " + std::to_string(got) + " of " +
                     std::to_string(answer.size()) + " bytes");
    got += more;
  }
  return answer;
}

std::string echo_once(Socket& connection, std::string_view message) {
  if (!message.empty()) connection.sendall(message);
  connection.shutdown(SHUT_WR);
  std::string answer;
  for (std::string data; !(data = connection.recv(kRecvSize)).empty();) answer += data;
  return answer;
}

}  // namespace socketserver
