#include "common/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

extern char** environ;

namespace socketserver::apps {
namespace {

// A server with a client in progress ends within its drain deadline, 5 s.
constexpr std::chrono::seconds kGrace{7};

// What a signal handler can read: the children that run. More than a handful at once nobody starts.
std::array<std::atomic<pid_t>, 32> running{};

void replace_in_running(pid_t old, pid_t now) {
  for (auto& slot : running)
    if (pid_t expected = old; slot.compare_exchange_strong(expected, now)) return;
}

void on_signal(int signal) {
  for (const auto& slot : running)
    if (const pid_t pid = slot.load(); pid > 0) ::kill(pid, SIGTERM);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// No signal comes between the start of a child and its entry in `running`.
class BlockedSignals {
 public:
  BlockedSignals() {
    const sigset_t set = ending_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, &previous_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  const sigset_t& previous() const { return previous_; }

 private:
  sigset_t previous_;
};

pid_t spawn(std::vector<std::string>& argv, const std::string& input_file, int output) {
  std::vector<char*> pointers;
  for (std::string& word : argv) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input_file.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  const BlockedSignals blocked;
  ::posix_spawnattr_setsigmask(&attributes, &blocked.previous());
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, pointers.data(), environ);
  if (error == 0) replace_in_running(0, pid);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw_os_error(error, "run " + argv[0]);
  return pid;
}

}  // namespace

Child::Child(std::vector<std::string> argv, const std::string& input_file) {
  int ends[2];
  if (::pipe(ends) < 0) throw_os_error(errno, "pipe");
  output_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  pid_ = spawn(argv, input_file, theirs.get());
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  try {
    read_all(Deadline::after(kGrace));
  } catch (const OSError&) {
    ::kill(pid_, SIGKILL);
  }
  wait();
}

// False at the end.
bool Child::read_some(Deadline deadline) {
  char buffer[4096];
  if (!wait_readable(output_.get(), deadline)) throw_os_error(ETIMEDOUT, "wait for the output of a program");
  const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
  if (got > 0) read_.append(buffer, static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

std::string Child::read_line(Deadline deadline) {
  while (read_.find('\n') == read_.npos && read_some(deadline)) {
  }
  const std::size_t end = std::min(read_.find('\n'), read_.size());
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 1);
  return line;
}

std::string Child::read_all(Deadline deadline) {
  while (read_some(deadline)) {
  }
  return std::exchange(read_, {});
}

int Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  replace_in_running(pid_, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void stop_children_at_signals() {
  struct sigaction action = {};
  action.sa_handler = &on_signal;
  action.sa_mask = ending_signals();
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace socketserver::apps
