#include "comparison/preforked_echo.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "common/interruption.hpp"
#include "comparison/server_process.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/platform.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/server/shared_object.hpp"

namespace socketserver::apps {

/// Held around accept(2) by one process at a time.
class PreforkedEcho::AcceptLock {
 public:
  explicit AcceptLock(Sharing sharing) {
    if (sharing == Sharing::kFileLock && (file_ = std::tmpfile()) == nullptr)
      throw_os_error(errno, "tmpfile");
    if (sharing != Sharing::kMutex) return;
    mutex_ = make_shared_object<pthread_mutex_t>();
    pthread_mutexattr_t shared;
    ::pthread_mutexattr_init(&shared);
    ::pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    ::pthread_mutex_init(mutex_.get(), &shared);
    ::pthread_mutexattr_destroy(&shared);
  }
  ~AcceptLock() {
    if (file_ != nullptr) std::fclose(file_);
  }
  AcceptLock(const AcceptLock&) = delete;
  AcceptLock& operator=(const AcceptLock&) = delete;

  void lock() {
    if (mutex_) ::pthread_mutex_lock(mutex_.get());
    if (file_ != nullptr) set_file_lock(F_WRLCK);
  }
  void unlock() {
    if (mutex_) ::pthread_mutex_unlock(mutex_.get());
    if (file_ != nullptr) set_file_lock(F_UNLCK);
  }

 private:
  void set_file_lock(short type) {
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    while (::fcntl(::fileno(file_), F_SETLKW, &lock) < 0 && errno == EINTR) {
    }
  }

  std::FILE* file_ = nullptr;
  SharedObject<pthread_mutex_t> mutex_;
};

namespace {

/// A message of one byte that carries a descriptor.
struct DescriptorMessage {
  DescriptorMessage() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

void send_descriptor(int channel, int fd) {
  DescriptorMessage message;
  cmsghdr* const about = CMSG_FIRSTHDR(&message.header);
  about->cmsg_level = SOL_SOCKET;
  about->cmsg_type = SCM_RIGHTS;
  about->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(about), &fd, sizeof fd);
  if (::sendmsg(channel, &message.header, MSG_NOSIGNAL) < 0) throw_os_error(errno, "sendmsg");
}

// None at the end.
Fd receive_descriptor(int channel) {
  DescriptorMessage message;
  if (::recvmsg(channel, &message.header, 0) <= 0) return Fd();
  int fd = -1;
  if (const cmsghdr* const about = CMSG_FIRSTHDR(&message.header))
    std::memcpy(&fd, CMSG_DATA(about), sizeof fd);
  return Fd(fd);
}

void serve_one(const std::function<void(Socket&)>& serve, Fd fd) {
  try {
    Socket connection(std::move(fd));
    connection.set_nodelay();
    serve(connection);
  } catch (const OSError&) {  // the client went away
  }
}

}  // namespace

PreforkedEcho::PreforkedEcho(Sharing sharing, std::size_t workers, std::function<void(Socket&)> serve)
    : sharing_(sharing), count_(workers), serve_(std::move(serve)), listening_(Socket::tcp()) {}

PreforkedEcho::~PreforkedEcho() {
  for (const Worker& worker : workers_) ::kill(worker.pid, SIGKILL);
  for (const Worker& worker : workers_)
    while (::waitpid(worker.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

int PreforkedEcho::run(const std::string& program) {
  const Interruption interruption;
  lock_ = std::make_unique<AcceptLock>(sharing_);
  listening_.bind(Address("127.0.0.1", 0));
  listening_.listen();
  // Ours never block, but to wait in accept(2) itself is what these servers are about.
  if (sharing_ != Sharing::kPassing) ::fcntl(listening_.fileno(), F_SETFL, 0);
  for (std::size_t i = 0; i < count_; ++i) start_worker();
  std::cout << program << " listening on " << listening_.getsockname().to_string() << std::endl;
  if (sharing_ == Sharing::kPassing)
    pass_until(interruption.fileno());
  else
    wait_readable(interruption.fileno(), Deadline::never());
  return 0;
}

void PreforkedEcho::start_worker() {
  platform::SocketPair channel;
  if (sharing_ == Sharing::kPassing) channel = platform::socket_pair();
  const pid_t pid = ::fork();
  if (pid < 0) throw_os_error(errno, "fork");
  if (pid == 0) {
    channel.one.reset();
    work(channel.other.get());
  }
  workers_.push_back({pid, std::move(channel.one)});
}

void PreforkedEcho::work(int channel) {
  die_with_parent();
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  for (Worker& other : workers_) other.channel.reset();
  try {
    sharing_ == Sharing::kPassing ? take_passed(channel) : accept_in_turn();
  } catch (const std::exception&) {  // the supervisor notices that nobody answers
  }
  ::_exit(1);
}

void PreforkedEcho::accept_in_turn() {
  for (;;) {
    lock_->lock();
    Fd fd(platform::accept(listening_.fileno(), nullptr, nullptr));
    lock_->unlock();
    if (fd) serve_one(serve_, std::move(fd));
  }
}

void PreforkedEcho::take_passed(int channel) {
  listening_.close();
  for (const char done = 0;;) {
    Fd fd = receive_descriptor(channel);
    if (!fd) return;
    serve_one(serve_, std::move(fd));
    if (::send(channel, &done, 1, MSG_NOSIGNAL) < 0) return;
  }
}

// With no worker free, clients wait in the backlog.
void PreforkedEcho::pass_until(int stop) {
  for (;;) {
    const bool some_free = std::ranges::find(workers_, false, &Worker::busy) != workers_.end();
    std::vector<pollfd> fds{{stop, POLLIN, 0}, {some_free ? listening_.fileno() : -1, POLLIN, 0}};
    for (const Worker& worker : workers_) fds.push_back({worker.channel.get(), POLLIN, 0});
    wait_any(fds, Deadline::never());
    if (fds[0].revents != 0) return;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      char done = 0;
      if (fds[i + 2].revents != 0 && ::recv(workers_[i].channel.get(), &done, 1, 0) > 0)
        workers_[i].busy = false;
    }
    while (fds[1].revents != 0 && pass_one()) {
    }
  }
}

// False where there is nobody to pass, or to pass to.
bool PreforkedEcho::pass_one() {
  const auto free = std::ranges::find(workers_, false, &Worker::busy);
  if (free == workers_.end()) return false;
  const Fd fd(platform::accept(listening_.fileno(), nullptr, nullptr));
  if (!fd) return false;
  send_descriptor(free->channel.get(), fd.get());
  free->busy = true;
  return true;
}

}  // namespace socketserver::apps
