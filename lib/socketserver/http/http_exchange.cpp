// What BaseHTTPRequestHandler does with a connection: requests one after the other, their bodies, deadlines,
// and the end.
#include <algorithm>
#include <array>
#include <cerrno>

#include "socketserver/handler/linger.hpp"
#include "socketserver/http/base_http_request_handler.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// The rest of a body that nobody wanted is read up to this size, as in Go: for a longer one it is quicker to
// connect anew.
constexpr std::uint64_t kDiscardLimit = std::uint64_t{256} << 10;

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
    disarm();
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
  body_began_ = {};
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
    disarm();
    send_error(HTTPStatus::REQUEST_TIMEOUT);
    finish_answer();
    lingers_ = true;
    throw;
  }
  disarm();
  if (!head_.complete()) return false;
  close_connection = !head_.keep_alive() || server().draining();
  awaits_continue_ = head_.expects_continue();
  response_->begin_anew(head_.is_http_1_1(), !close_connection, command() == "HEAD");
  return true;
}

void BaseHTTPRequestHandler::collect_head() {
  Reader& in = connection_in();
  while (!head_.complete()) {
    if (!in.has_buffered()) wait_for_head();
    const std::string_view bytes = in.peek();
    if (bytes.empty()) return;
    in.skip(head_.feed(bytes));
  }
}

// Answers to requests that came together go together, as late as here. Most heads come at once, and need no
// deadline.
void BaseHTTPRequestHandler::wait_for_head() {
  connection_out().flush();
  if (head_.begun() && !armed_) arm(Deadline::after(head_timeout));
}

void BaseHTTPRequestHandler::arm(Deadline deadline) {
  connection().begin_anew(std::min(whole_end_, deadline));
  armed_ = true;
}

void BaseHTTPRequestHandler::disarm() {
  if (armed_) connection().begin_anew(whole_end_);
  armed_ = false;
}

// ---- the answer ----

void BaseHTTPRequestHandler::dispatch() {
  body_.emplace(connection_in(), head_, max_body_size);
  check_length_given();
  for (const auto& [name, method] : kMethods)
    if (name == command()) return (this->*method)();
  do_method();
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
    if (connection().fileno() < 0) return;  // the method has given it away
    finish_answer();
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
    if (connection().fileno() >= 0 && !response_->started())
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
  if (failure_ == Failure::kConnection || connection().fileno() < 0) return;
  if (response_->committed()) return log_answer();
  const int code =
      failure_ == Failure::kTimeout ? HTTPStatus::REQUEST_TIMEOUT : HTTPStatus::INTERNAL_SERVER_ERROR;
  try {
    disarm();
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
  disarm();
}

void BaseHTTPRequestHandler::log_answer() {
  if (!std::exchange(logged_, true)) log_request(response_->code(), response_->body_size());
}

bool BaseHTTPRequestHandler::leaves_too_much() const {
  return !body_ || (!body_->finished() &&
                    (awaits_continue_ || failure_ != Failure::kNone || body_->left() > kDiscardLimit));
}

// Before the head of the answer goes.
void BaseHTTPRequestHandler::settle_connection() {
  if (response_->committed()) return;
  if (leaves_too_much()) close_connection = true;
  if (close_connection) response_->set_close();
}

void BaseHTTPRequestHandler::finish_request_body() {
  if (!body_ || body_->finished()) return;
  if (!close_connection && !leaves_too_much()) {
    try {
      std::array<char, 16'384> dropped;  // fits every stack
      const std::uint64_t limit = body_->received() + kDiscardLimit;
      while (body_->received() < limit && read_body(dropped) > 0) {
      }
    } catch (const HTTPError&) {  // it is answered already
    }
  }
  if (body_->finished() && failure_ == Failure::kNone) return;
  close_connection = lingers_ = true;
}

// ---- the bodies ----

std::size_t BaseHTTPRequestHandler::read_body(std::span<char> bytes) {
  if (!body_ || body_->finished()) return 0;
  try {
    return read_body_in_time(bytes);
  } catch (const TimeoutError&) {
    failure_ = Failure::kTimeout;
    throw;
  } catch (const HTTPError&) {
    failure_ = Failure::kBody;
    throw;
  } catch (const EOFError& error) {
    failure_ = Failure::kConnection;
    throw ConnectionResetError(ECONNRESET, error.what());
  } catch (...) {
    failure_ = Failure::kConnection;
    throw;
  }
}

std::size_t BaseHTTPRequestHandler::read_body_in_time(std::span<char> bytes) {
  body_->check_size();
  if (!connection_in().has_buffered()) {
    if (std::exchange(awaits_continue_, false)) handle_expect_100();
    connection_out().flush();
    if (body_began_ == Clock::time_point()) body_began_ = Clock::now();
    if (body_timeout)
      arm(Deadline(body_began_ + *body_timeout + std::chrono::seconds(body_->received() / body_rate)));
  }
  return body_->readinto1(bytes);
}

std::size_t BaseHTTPRequestHandler::write_body(std::string_view data) {
  try {
    if (std::exchange(finishing_, false)) return response_->finish(data), data.size();
    settle_connection();
    response_->write(data);
    connection_out().flush();
  } catch (const OSError&) {
    failure_ = Failure::kConnection;
    throw;
  }
  return data.size();
}

void BaseHTTPRequestHandler::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  body_out_->flush();
  settle_connection();
  response_->commit_for(count);
  if (!response_->has_body()) return;
  try {
    connection_out().flush();
    if (connection().sendfile(file, offset, count) < count) abandon_answer();
  } catch (...) {
    failure_ = Failure::kConnection;
    throw;
  }
}

}  // namespace socketserver
