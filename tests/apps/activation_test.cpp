// Server programs that systemd starts with a socket: LISTEN_FDS.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "net/sockets.hpp"
#include "socketserver/service/echo.hpp"
#include "support/program.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

/// A program that was started as systemd does: the descriptors from 3 on, and LISTEN_PID is its own.
class Activated {
 public:
  Activated(std::vector<std::string> argv, const std::vector<int>& descriptors) {
    std::vector<char*> words;
    argv[0] = our_program(argv[0]);
    for (std::string& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    const std::string count = std::to_string(descriptors.size());
    pid_ = ::fork();
    if (pid_ == 0) exec(words, descriptors, count);
  }
  ~Activated() { end(); }
  Activated(const Activated&) = delete;
  Activated& operator=(const Activated&) = delete;

  /// Its exit status after `signal`; 0 sends none.
  int end(int signal = SIGKILL) {
    if (pid_ < 0) return -1;
    if (signal != 0) ::kill(pid_, signal);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  [[noreturn]] static void exec(std::vector<char*>& words, const std::vector<int>& descriptors,
                                const std::string& count) {
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      const int wanted = 3 + static_cast<int>(i);
      if (descriptors[i] == wanted ? ::fcntl(wanted, F_SETFD, 0) < 0 : ::dup2(descriptors[i], wanted) < 0)
        ::_exit(99);
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    ::execv(words[0], words.data());
    ::_exit(98);
  }

  pid_t pid_;
};

TEST(Activation, ServesOverTheSocketThatIsHandedOver) {
  Socket listener = tcp_listener();
  Activated server({"echo_server", "--mode", "verbatim"}, {listener.fileno()});
  Socket client = create_connection(listener.getsockname(), kWatchdog);
  EXPECT_EQ(echo(client, "hello"), "hello");
  client.close();
  EXPECT_EQ(server.end(SIGTERM), 0);
  Socket waiting = create_connection(listener.getsockname(), kWatchdog);  // for the next one that is started
}

TEST(Activation, ServesOverAUnixSocketAndLeavesItsPath) {
  const TemporaryDirectory directory;
  Socket listener(AF_UNIX, SOCK_STREAM);
  listener.bind(Address(directory / "socket"));
  listener.listen();
  Activated server({"echo_server", "--mode", "verbatim"}, {listener.fileno()});
  Socket client = create_connection(listener.getsockname(), kWatchdog);
  EXPECT_EQ(echo(client, "hello"), "hello");
  client.close();
  EXPECT_EQ(server.end(SIGTERM), 0);
  struct stat status;
  EXPECT_EQ(::stat((directory / "socket").c_str(), &status), 0);
}

TEST(Activation, RefusesASocketOfAnotherKindAndMoreThanOne) {
  Socket listener = tcp_listener();
  EXPECT_EQ(Activated({"echo_server", "--udp"}, {listener.fileno()}).end(0), 1);
  Socket other = tcp_listener();
  EXPECT_EQ(Activated({"echo_server"}, {listener.fileno(), other.fileno()}).end(0), 1);
}

// The address that counts is that of the socket.
TEST(Activation, RunsCommandsOfOthersNoMoreThanOtherwise) {
  Socket open_to_all = tcp_listener({"0.0.0.0", 0});
  EXPECT_EQ(Activated({"exec_server"}, {open_to_all.fileno()}).end(0), 2);
}

}  // namespace
}  // namespace socketserver::testing
