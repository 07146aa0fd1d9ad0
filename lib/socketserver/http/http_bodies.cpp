// The bodies of requests and answers, as BaseHTTPRequestHandler reads and sends them.
#include <algorithm>
#include <array>
#include <cerrno>

#include "socketserver/http/base_http_request_handler.hpp"
#include "socketserver/net/error.hpp"

namespace socketserver {
namespace {

// The rest of a body that nobody wanted is read up to this size, as in Go: for a longer one it is quicker to
// connect anew.
constexpr std::uint64_t kDiscardLimit = std::uint64_t{256} << 10;

}  // namespace

template <class Send>
auto BaseHTTPRequestHandler::guard_sending(Send send) {
  try {
    return send();
  } catch (const OSError&) {
    failure_ = Failure::kConnection;
    throw;
  }
}

bool BaseHTTPRequestHandler::leaves_too_much() const {
  return !body_ || (!body_->finished() &&
                    (awaits_continue_ || failure_ != Failure::kNone || body_->left() > kDiscardLimit));
}

// Before the head of the answer goes.
void BaseHTTPRequestHandler::settle_connection() {
  if (response_->committed()) return;
  if (leaves_too_much() || is_last()) close_connection = true;
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
    if (std::exchange(awaits_continue_, false) && !response_->committed()) handle_expect_100();
    connection_out().flush();
  }
  connection().continue_message();
  return body_pace_.read(connection(), body_timeout, body_rate, [&] { return body_->readinto1(bytes); });
}

std::size_t BaseHTTPRequestHandler::write_body(std::string_view data) {
  return guard_sending([&] {
    if (std::exchange(finishing_, false)) return response_->finish(data), data.size();
    settle_connection();
    response_->write(data);
    connection_out().flush();
    return data.size();
  });
}

void BaseHTTPRequestHandler::flush_headers() {
  guard_sending([&] {
    settle_connection();
    response_->commit();
    connection_out().flush();
    return 0;
  });
}

void BaseHTTPRequestHandler::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  body_out_->flush();
  settle_connection();
  response_->commit_for(count);
  if (!response_->has_body()) return;
  guard_sending([&] {
    connection_out().flush();
    const std::uint64_t before = connection().sent();
    try {
      const std::uint64_t sent = connection().sendfile(file, offset, count);
      response_->take_back(count - sent);
      if (sent < count) abandon_answer();
    } catch (const OSError&) {
      response_->take_back(count - (connection().sent() - before));
      throw;
    }
    return 0;
  });
}

}  // namespace socketserver
