#include "support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "socketserver/net/error.hpp"
#include "support/serving.hpp"

namespace socketserver::testing {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& one : strings) all.push_back(one.data());
  all.push_back(nullptr);
  return all;
}

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw_os_error(errno, "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

// True while there may be more.
bool read_some(Fd& fd, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got > 0)
    into.append(buffer.data(), static_cast<std::size_t>(got));
  else if (got == 0 || errno != EINTR)
    fd.reset();
  return fd.get() >= 0;
}

Address address_in(const std::string& line) {
  const std::string where = line.substr(0, line.find_first_of(" \n"));
  if (where.starts_with("unix:")) return Address(where.substr(5));
  const std::size_t colon = where.rfind(':');
  std::string host = where.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return Address(host, std::stoi(where.substr(colon + 1)));
}

}  // namespace

std::string our_program(const std::string& name) {
  std::string path = SOCKETSERVER_BIN_DIR "/";
  path += name;
  return path;
}

std::string test_script(const std::string& name) { return SOCKETSERVER_TEST_DIR "/" + name; }

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (const std::string file = directory + "/" + name; ::access(file.c_str(), X_OK) == 0) return file;
  return std::nullopt;
}

Program::Program(std::vector<std::string> argv, std::vector<std::string> environment) {
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // The tests ignore SIGPIPE, which the program must not inherit.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&pid_, argv[0].c_str(), &actions, &attributes, pointers(argv).data(),
                                  pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw_os_error(error, "posix_spawn " + argv[0]);
  input_ = std::move(in.write);
  output_ = std::move(out.read);
  error_ = std::move(err.read);
}

Program::~Program() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::write(const std::string& input) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that ends early gives an error instead
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t n = ::write(input_.get(), input.data() + done, input.size() - done);
    if (n < 0) throw_os_error(errno, "write to a program");
    done += static_cast<std::size_t>(n);
  }
}

bool Program::pump() {
  std::array<pollfd, 2> fds{{{output_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}}};
  if (!output_ && !error_) return false;
  if (wait_any(fds, Deadline::after(kWatchdog)) == 0)
    throw std::runtime_error("the watchdog bit; printed so far: " + out_ + err_);
  if (fds[0].revents != 0) read_some(output_, out_);
  if (fds[1].revents != 0) read_some(error_, err_);
  return true;
}

std::string Program::wait_for(std::string& in, const std::string& text) {
  while (in.find(text) == in.npos)
    if (!pump()) throw std::runtime_error("ended without '" + text + "'; printed: " + out_ + err_);
  return in;
}

std::string Program::wait_for_output(const std::string& text) { return wait_for(out_, text); }
std::string Program::wait_for_error(const std::string& text) { return wait_for(err_, text); }

Address Program::wait_until_listening() {
  const std::string mark = "listening on ";
  wait_for_output(mark);
  while (out_.find('\n', out_.find(mark)) == out_.npos)
    if (!pump()) throw std::runtime_error("ended while it said where it listens: " + out_ + err_);
  return address_in(out_.substr(out_.find(mark) + mark.size()));
}

void Program::kill(int signal) { ::kill(pid_, signal); }

Outcome Program::wait() {
  close_input();
  while (pump()) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), out_, err_};
}

Outcome run(std::vector<std::string> argv, const std::string& input) {
  Program program(std::move(argv));
  program.write(input);
  return program.wait();
}

std::vector<std::string> options_for(const Address& address) {
  if (address.family() == AF_UNIX) return {"--unix", address.path()};
  return {"--host", address.host(), "--port", std::to_string(address.port())};
}

bool has_ended(pid_t process) {
  // proc(5): the state stands behind the name, which stands in parentheses and may hold any character.
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return ::kill(process, 0) < 0 && errno == ESRCH;
  return line.compare(line.rfind(')') + 2, 1, "Z") == 0;
}

}  // namespace socketserver::testing
