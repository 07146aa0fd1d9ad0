// What BaseHTTPRequestHandler does with a connection: requests one after the other, their deadlines, and the
// end.
#include <algorithm>

#include "socketserver/handler/linger.hpp"
#include "socketserver/http/base_http_request_handler.hpp"
#include "socketserver/net/deadline_scope.hpp"
#include "socketserver/net/error.hpp"
#include "socketserver/net/wait.hpp"

namespace socketserver {
namespace {

// Who was too slow does not get another half a minute by going on.
constexpr std::chrono::seconds kLingerOfTheSlow{1};

using Method = void (BaseHTTPRequestHandler::*)();

struct NamedMethod {
  std::string_view name;
  Method method;
};

constexpr NamedMethod kMethods[] = {
    {"GET", &BaseHTTPRequestHandler::do_GET},         {"HEAD", &BaseHTTPRequestHandler::do_HEAD},
    {"POST", &BaseHTTPRequestHandler::do_POST},       {"PUT", &BaseHTTPRequestHandler::do_PUT},
    {"DELETE", &BaseHTTPRequestHandler::do_DELETE},   {"PATCH", &BaseHTTPRequestHandler::do_PATCH},
    {"OPTIONS", &BaseHTTPRequestHandler::do_OPTIONS}, {"TRACE", &BaseHTTPRequestHandler::do_TRACE},
    {"CONNECT", &BaseHTTPRequestHandler::do_CONNECT},
};

}  // namespace

void BaseHTTPRequestHandler::handle() {
  try {
    do handle_one_request();
    while (!close_connection);
    if (connection().fileno() >= 0) connection_out().flush();
  } catch (...) {
    linger();
    throw;
  }
  linger();
}

// What the client still sends would reset the connection, and with it the answer.
void BaseHTTPRequestHandler::linger() noexcept {
  if (!lingers_ || connection().fileno() < 0 || failure_ == Failure::kConnection) return;
  try {
    connection_out().flush();
    end_politely(request(), failure_ == Failure::kTimeout ? kLingerOfTheSlow : kLongestLinger);
  } catch (const std::exception&) {  // gone
  }
}

void BaseHTTPRequestHandler::finish() {
  if (connection().fileno() >= 0) StreamRequestHandler::finish();
}

void BaseHTTPRequestHandler::handle_one_request() {
  close_connection = true;
  head_.clear();
  body_.reset();
  abandoned_ = finishing_ = logged_ = awaits_continue_ = false;
  failure_ = Failure::kNone;
  body_pace_ = {};
  body_in_.emplace(stream_);
  if (read_head()) answer();
}

// ---- the head ----

// False when there is none: the client has ended the connection.
bool BaseHTTPRequestHandler::read_head() {
  response_->begin_anew(true, false, false);
  try {
    collect_head();
  } catch (const HTTPError& error) {
    lingers_ = true;
    response_->begin_anew(true, false, command() == "HEAD");
    send_error(error.code(), {}, error.what());
    finish_answer();
    return false;
  } catch (const TimeoutError&) {
    if (!head_.begun()) throw;
    failure_ = Failure::kTimeout;
    send_error(HTTPStatus::REQUEST_TIMEOUT);
    finish_answer();
    lingers_ = true;
    throw;
  }
  if (!head_.complete()) return false;
  close_connection = !head_.keep_alive();
  awaits_continue_ = head_.expects_continue();
  response_->begin_anew(head_.is_http_1_1(), !close_connection, command() == "HEAD");
  return true;
}

void BaseHTTPRequestHandler::collect_head() {
  Reader& in = connection_in();
  std::optional<DeadlineScope> end;
  while (!head_.complete()) {
    if (!in.has_buffered()) {
      connection_out().flush();  // answers to requests that came together go together, as late as here
      if (head_.begun()) connection().continue_message();
      if (head_.begun() && !end) end.emplace(connection(), Deadline::after(head_timeout));
    }
    const std::string_view bytes = head_.begun() || in.has_buffered() ? in.peek() : peek_when_idle();
    if (bytes.empty()) return;
    in.skip(head_.feed(bytes));
  }
}

bool BaseHTTPRequestHandler::is_last() { return server().draining() || request().asked_to_end(); }

// Between requests: a server that stops need not wait for the next one, but serves what it has been sent.
std::string_view BaseHTTPRequestHandler::peek_when_idle() {
  if (is_last() || !request().begin_idle()) return has_unread() ? connection_in().peek() : std::string_view();
  const std::string_view bytes = connection_in().peek();
  request().end_idle();
  return bytes;
}

bool BaseHTTPRequestHandler::has_unread() {
  return connection_in().has_buffered() || wait_readable(connection().fileno(), Deadline::now());
}

// ---- the answer ----

void BaseHTTPRequestHandler::dispatch() {
  body_.emplace(connection_in(), head_, max_body_size);
  check_length_given();
  for (const auto& [name, method] : kMethods)
    if (name == command()) return (this->*method)();
  do_method();
}

bool BaseHTTPRequestHandler::has_function(std::string_view method) noexcept {
  return std::ranges::find(kMethods, method, &NamedMethod::name) != std::end(kMethods);
}

// HTTP/1.0 has no other way to tell where a body ends; one without a length cannot be told from the next
// request.
void BaseHTTPRequestHandler::check_length_given() const {
  const bool wants_body = command() == "POST" || command() == "PUT" || command() == "PATCH";
  if (wants_body && !head_.is_http_1_1() && !head_.has_body()) throw HTTPError(HTTPStatus::LENGTH_REQUIRED);
}

void BaseHTTPRequestHandler::answer() {
  try {
    answer_by_method();
    if (connection().fileno() >= 0) return finish_answer();
    close_connection = true;  // the method has closed it, or given it away
    if (response_->started()) log_answer();
  } catch (const ServerExit&) {
    throw;
  } catch (...) {
    answer_failure();
    throw;
  }
}

void BaseHTTPRequestHandler::answer_by_method() {
  try {
    dispatch();
    if (connection().fileno() >= 0 && (!response_->started() || response_->is_interim()))
      throw std::logic_error(std::string(command()) + " was not answered");
  } catch (const HTTPError& error) {
    if (failure_ != Failure::kNone || error.code() == HTTPStatus::LENGTH_REQUIRED) close_connection = true;
    send_error(error.code(), {}, error.what());
  }
}

// Inside a catch block; what is caught is thrown on.
void BaseHTTPRequestHandler::answer_failure() {
  close_connection = lingers_ = true;
  finishing_ = false;
  if (connection().fileno() < 0) return;
  if (response_->committed()) return log_answer();
  if (failure_ == Failure::kConnection) return;
  const int code =
      failure_ == Failure::kTimeout ? HTTPStatus::REQUEST_TIMEOUT : HTTPStatus::INTERNAL_SERVER_ERROR;
  try {
    send_error(code);
    finish_answer();
  } catch (const std::exception&) {  // it is gone by now
  }
}

void BaseHTTPRequestHandler::abandon_answer() noexcept { abandoned_ = close_connection = true; }

void BaseHTTPRequestHandler::finish_answer() {
  if (!abandoned_) {
    settle_connection();
    finishing_ = true;
    body_out_->flush();
    if (finishing_) response_->finish();
    finishing_ = false;
    if (!response_->keep_alive()) close_connection = true;
  }
  log_answer();
  finish_request_body();
  if (close_connection && has_unread()) lingers_ = true;
}

void BaseHTTPRequestHandler::log_answer() {
  if (!std::exchange(logged_, true)) log_request(response_->code(), response_->body_size());
}

}  // namespace socketserver
