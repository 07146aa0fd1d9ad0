// A server over a transport of the test's own: a queue of connections and an eventfd-like Wakeup.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "net/sockets.hpp"
#include "socketserver/server/base_server.hpp"

namespace socketserver::testing {

/// "Clients" are ends of socket pairs that connect() puts into a queue. All hooks can be replaced; what the
/// hooks of the path were called for is noted. connect() and the log may be used from any thread.
class MadeUpServer : public BaseServer {
 public:
  using BaseServer::BaseServer;
  ~MadeUpServer() override { server_close(); }

  /// A client whose address is "unix:client-N".
  Socket connect() {
    Pair pair = unix_pair();
    pair.ours.settimeout(std::chrono::minutes(1));
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(pair.theirs));
    wakeup_.notify();
    return std::move(pair.ours);
  }
  /// The next calls of get_request() throw `error` instead.
  void fail_to_accept(int times, int error) {
    const std::lock_guard lock(mutex_);
    failures_ = times;
    failure_ = error;
  }
  std::string path() const {
    const std::lock_guard lock(mutex_);
    return path_;
  }
  std::vector<std::pair<LogLevel, std::string>> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  std::function<bool(Request&)> verify = [](Request&) { return true; };
  std::function<void()> on_error = [] {};
  std::function<void()> on_shutdown_request = [] {};
  std::function<void()> on_service_actions = [] {};
  std::function<void()> on_timeout = [] {};

  int fileno() const noexcept override { return wakeup_.fileno(); }
  void server_bind() override { note("bind "); }
  void server_activate() override { note("activate "); }
  std::optional<Request> get_request() override {
    const std::lock_guard lock(mutex_);
    if (failures_ > 0) --failures_, throw_os_error(failure_, "get_request");
    if (queue_.empty()) return wakeup_.drain(), std::nullopt;
    auto socket = std::make_unique<Socket>(std::move(queue_.front()));
    queue_.pop_front();
    return Request(std::move(socket), Address("client-" + std::to_string(++clients_)));
  }
  bool verify_request(Request& request, const Address&) override { return note("verify "), verify(request); }
  void process_request(Request& request, const Address& client) override {
    note("process ");
    BaseServer::process_request(request, client);
  }
  void finish_request(Request& request, const Address& client) override {
    note("finish ");
    BaseServer::finish_request(request, client);
  }
  void handle_error(Request& request, const Address& client) override {
    note("error ");
    on_error();
    BaseServer::handle_error(request, client);
  }
  void shutdown_request(Request& request) override {
    note("shutdown ");
    on_shutdown_request();
    BaseServer::shutdown_request(request);
  }
  void close_request(Request& request) override {
    note("close ");
    BaseServer::close_request(request);
  }
  void handle_timeout() override { on_timeout(); }
  void service_actions() override { on_service_actions(); }
  void log_message(LogLevel level, const std::string& message) override {
    const std::lock_guard lock(mutex_);
    log_.emplace_back(level, message);
  }

 private:
  void note(const char* hook) {
    const std::lock_guard lock(mutex_);
    path_ += hook;
  }

  Wakeup wakeup_;
  mutable std::mutex mutex_;  // guards all below
  std::deque<Socket> queue_;
  int failures_ = 0, failure_ = 0, clients_ = 0;
  std::string path_;
  std::vector<std::pair<LogLevel, std::string>> log_;
};

}  // namespace socketserver::testing
