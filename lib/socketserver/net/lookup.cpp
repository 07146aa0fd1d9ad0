#include "socketserver/net/lookup.hpp"

#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/net/wakeup.hpp"

namespace socketserver {
namespace {

AddrInfo lookup_here(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags;
  hints.ai_socktype = SOCK_STREAM;  // one entry an address instead of one for every socket type
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code == EAI_SYSTEM) throw_os_error(errno, "resolve " + host);
  if (code != 0) throw gaierror(code, "resolve " + host);
  return AddrInfo(found);
}

/// In a thread of its own.
class Lookup {
 public:
  Lookup(const std::string& host, int port) : thread_([this, host, port] { run(host, port); }) {}
  ~Lookup() {
    if (thread_.joinable()) thread_.join();
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  AddrInfo result() {
    wait_readable(done_.fileno(), Deadline::never());
    thread_.join();  // it has nothing left to do
    if (error_) std::rethrow_exception(error_);
    return std::move(found_);
  }

 private:
  void run(const std::string& host, int port) noexcept {
    try {
      found_ = lookup_here(host, port, 0);
    } catch (...) {
      error_ = std::current_exception();
    }
    done_.notify();
  }

  AddrInfo found_;
  std::exception_ptr error_;
  Wakeup done_;
  std::thread thread_;
};

bool is_number(const std::string& host) {
  try {
    lookup_here(host, 0, AI_NUMERICHOST);
    return true;
  } catch (const gaierror&) {
    return false;
  }
}

}  // namespace

AddrInfo lookup(const std::string& host, int port) {
  if (current_waiter == nullptr || is_number(host)) return lookup_here(host, port, 0);
  std::optional<Lookup> beside;
  try {
    beside.emplace(host, port);
  } catch (const std::system_error&) {  // no thread, or no descriptor: it has to block
    return lookup_here(host, port, 0);
  }
  return beside->result();
}

}  // namespace socketserver
