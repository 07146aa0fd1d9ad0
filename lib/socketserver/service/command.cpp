#include "socketserver/service/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"

extern char** environ;

namespace socketserver {
namespace {

// How often to look for the shell's end where the system cannot tell of it; its closed pipes mostly do.
constexpr std::chrono::milliseconds kLookInterval{5};

// A pipe's capacity on Linux: what one read can give at most.
constexpr std::size_t kReadSize = 65536;

platform::PipeEnds make_pipe() {
  auto ends = platform::pipe();
  ::fcntl(ends.read.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

class FileActions {
 public:
  FileActions(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A process group of its own, no signal blocked or ignored. Not a session of its own, which Linux schedules
// apart: on a busy machine each command would take twenty milliseconds instead of one.
class Attributes {
 public:
  Attributes() {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// The shell and all that it started in its process group; killed and reaped at the latest when this goes.
class Shell {
 public:
  explicit Shell(const std::string& command) : out_(make_pipe()), err_(make_pipe()) {
    const FileActions actions(out_.write.get(), err_.write.get());
    const Attributes attributes;
    std::string name = "sh", flag = "-c", text = command;
    char* const argv[] = {name.data(), flag.data(), text.data(), nullptr};
    if (const int error = ::posix_spawn(&pid_, "/bin/sh", actions.get(), attributes.get(), argv, environ))
      throw_os_error(error, "posix_spawn /bin/sh");
    out_.write.reset();
    err_.write.reset();
    ended_ = platform::watch_child(pid_);
  }
  ~Shell() { end(); }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  int out() const { return out_.read.get(); }
  int err() const { return err_.read.get(); }
  /// Readable when the shell has ended; -1 where the system has no such thing.
  int ended() const { return ended_.get(); }
  /// Without reaping it, so that the number of its group stays taken until end() has used it.
  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
           info.si_pid != 0;
  }
  /// Kills what is left of the group, reaps the shell, and returns its wait status; -1 and errno where it is
  /// reaped already.
  int end() {
    if (pid_ < 0) return -1;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // which may have gone to another group
    int status = 0;
    pid_t reaped;
    do reaped = ::waitpid(pid_, &status, 0);
    while (reaped < 0 && errno == EINTR);
    pid_ = -1;
    return reaped < 0 ? -1 : status;
  }
  /// Takes what a pipe has; false once it is closed.
  static bool read(int fd, std::string& into, std::size_t most) {
    std::array<char, kReadSize> buffer;
    const ssize_t got = ::read(fd, buffer.data(), std::min(buffer.size(), most));
    if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

 private:
  platform::PipeEnds out_, err_;
  Fd ended_;
  pid_t pid_ = -1;
};

/// Collects until the end or a limit.
class Collector {
 public:
  Collector(Shell& shell, const CommandLimits& limits, const Socket* client)
      : shell_(shell), limits_(limits), deadline_(Deadline::after(limits.time)) {
    fds_ = {{{shell.out(), POLLIN, 0},
             {shell.err(), POLLIN, 0},
             {shell.ended(), POLLIN, 0},
             {client == nullptr ? -1 : client->fileno(), 0, 0}}};
  }

  CommandResult collect() {
    while (!finished()) {
      const Deadline look = shell_.ended() < 0 ? Deadline::after(kLookInterval) : Deadline::never();
      wait_any(fds_, std::min(look, deadline_));
      if ((fds_[3].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        throw ConnectionAbortedError(ECONNABORTED, "a command was ended: its client is gone");
      const bool ended = shell_.has_ended();  // before reading, so that all it printed is read
      take(fds_[0], result_.out);
      take(fds_[1], result_.err);
      if (ended) return drain();
    }
    return std::move(result_);
  }

 private:
  bool finished() {
    result_.timed_out = deadline_.expired();
    result_.truncated = room() == 0;
    return result_.timed_out || result_.truncated;
  }
  std::size_t room() const { return limits_.output - result_.out.size() - result_.err.size(); }
  void take(pollfd& fd, std::string& into) {
    if (fd.fd >= 0 && room() > 0 && !Shell::read(fd.fd, into, room())) fd.fd = -1;
  }
  // Background processes may hold the pipes open: what is in them now is all.
  CommandResult drain() {
    for (std::size_t before = room() + 1; room() > 0 && before != room();) {
      before = room();
      take(fds_[0], result_.out);
      take(fds_[1], result_.err);
    }
    result_.truncated = room() == 0;
    return std::move(result_);
  }

  Shell& shell_;
  const CommandLimits& limits_;
  Deadline deadline_;
  std::array<pollfd, 4> fds_;
  CommandResult result_;
};

}  // namespace

CommandResult run_command(const std::string& command, const CommandLimits& limits, const Socket* client) {
  Shell shell(command);
  CommandResult result = Collector(shell, limits, client).collect();
  const int status = shell.end();
  if (status < 0) throw_os_error(errno, "waitpid: the command's status is lost");
  if (WIFSIGNALED(status))
    result.signal = WTERMSIG(status);
  else
    result.status = WEXITSTATUS(status);
  return result;
}

}  // namespace socketserver
