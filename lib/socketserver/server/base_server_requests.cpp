// The path of a request through BaseServer.
#include <cerrno>
#include <new>

#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/server/authentication_error.hpp"
#include "socketserver/server/base_server.hpp"
#include "socketserver/server/draining_waiter.hpp"

namespace socketserver {
namespace {

// Is there no room for a thread, a process, or what belongs to one?
bool is_shortage(const std::exception& error) {
  const auto* os_error = dynamic_cast<const OSError*>(&error);
  if (os_error == nullptr) return dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return os_error->errnum() == EAGAIN || os_error->errnum() == ENOMEM;
}

std::string about(const Address& client, const char* what) noexcept {
  return text_if_memory([&] { return "request from " + client.to_string() + ": " + what; });
}

// Inside a catch block.
std::string thrown_by(const char* hook, const Address& client) noexcept {
  return text_if_memory([&] {
    const std::string threw = std::string(hook) + " of " + client.to_string() + " threw";
    try {
      throw;
    } catch (const std::exception& error) {
      return threw + ": " + error.what();
    } catch (...) {
      return threw;
    }
  });
}

}  // namespace

/// Ends a request whatever becomes of it.
class BaseServer::RequestScope {
 public:
  RequestScope(BaseServer& server, Request& request) : server_(server), request_(request) {}
  ~RequestScope() { server_.end_request(request_); }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  BaseServer& server_;
  Request& request_;
};

// False when there was no thread or process for it.
bool BaseServer::dispatch(Request& request) {
  const RequestScope scope(*this, request);
  const Address& client = request.client_address();
  bool verified = false;
  try {
    if (!admit(request)) return true;
    verified = verify_request(request, client);
    if (verified) {
      begin_queueing(request);
      process_request(request, client);
    } else {
      ++counters_->refused;
      if (request.report() != nullptr) request.report()->set_outcome(Outcome::kRefused);
    }
  } catch (const ServerExit&) {
    throw;
  } catch (const std::exception& error) {
    if (request.ended()) throw;  // handle_error()'s own, about a handler that ran here
    failed(request, client);
    if (!verified || !is_shortage(error)) return true;
    pause_accepting(error);
    return false;
  } catch (...) {
    if (request.ended()) throw;
    failed(request, client);
  }
  return true;
}

bool BaseServer::verify_request(Request&, const Address&) { return true; }

void BaseServer::process_request(Request& request, const Address& client_address) {
  complete_in_loop(request, client_address);
}

void BaseServer::complete_in_loop(Request& request, const Address& client_address) {
  DrainingWaiter waiter(loop_.fileno(), drain_timeout, request);
  {
    const WaiterScope scope(&waiter);
    complete_request(request, client_address);
  }
  note_end_in_loop(waiter.cut());
  if (loop_.stopping()) log_drained(drain_.result(0));
}

void BaseServer::note_end_in_loop(bool cut) noexcept {
  if (!loop_.stopping()) return;
  drain_.begin(1);
  drain_.cut(cut ? 1 : 0);
}

void BaseServer::finish_request(Request& request, const Address& client_address) {
  handler_(request, client_address, *this);
}

void BaseServer::complete_request(Request& request, const Address& client_address) {
  const RequestScope scope(*this, request);
  end_queueing(request);
  try {
    prepare(request, client_address);
    finish_request(request, client_address);
  } catch (const ServerExit&) {
    throw;
  } catch (...) {
    failed(request, client_address);
  }
}

// Inside a catch block.
void BaseServer::failed(Request& request, const Address& client_address) {
  if (request.report() != nullptr) request.report()->set_outcome_of_exception();
  handle_error(request, client_address);
}

bool BaseServer::complete_request_alone(Request& request) noexcept {
  try {
    complete_request(request, request.client_address());
  } catch (const ServerExit&) {
  } catch (...) {
    log_thrown("handle_error", request);
    return false;
  }
  return true;
}

void BaseServer::fail_request(Request& request) noexcept {
  const RequestScope scope(*this, request);
  if (request.report() != nullptr) request.report()->set_outcome_of_exception();
  try {
    handle_error(request, request.client_address());
  } catch (...) {
    log_thrown("handle_error", request);
  }
}

void BaseServer::end_request(Request& request) noexcept {
  if (!request.mark_ended()) return;
  try {
    shutdown_request(request);
  } catch (...) {
    log_thrown("shutdown_request", request);
  }
}

// Inside a catch block.
void BaseServer::log_thrown(const char* hook, const Request& request) noexcept try {
  log_message(LogLevel::kError, thrown_by(hook, request.client_address()));
} catch (...) {  // it is the last place where anything could be said
}

void BaseServer::handle_error(Request&, const Address& client_address) {
  try {
    throw;
  } catch (const ConnectionError& error) {
    ++counters_->disconnected;
    log_message(LogLevel::kDebug, about(client_address, error.what()));
  } catch (const TimeoutError& error) {
    ++counters_->timed_out;
    log_message(LogLevel::kDebug, about(client_address, error.what()));
  } catch (const AuthenticationError& error) {
    ++counters_->unauthenticated;
    const bool flood = dynamic_cast<const TooManyFailures*>(&error) != nullptr;
    log_message(flood ? LogLevel::kDebug : LogLevel::kWarning, text_if_memory([&] {
                  return about(client_address, "authentication failed: ") + error.what();
                }));
  } catch (const std::exception& error) {
    ++counters_->failed;
    log_message(LogLevel::kError, about(client_address, error.what()));
  } catch (...) {
    ++counters_->failed;
    log_message(LogLevel::kError, about(client_address, "an exception of an unknown type"));
  }
}

void BaseServer::log_message(LogLevel level, const std::string& message) {
  if (level >= log_level) log_to_stderr(message);
}

}  // namespace socketserver
