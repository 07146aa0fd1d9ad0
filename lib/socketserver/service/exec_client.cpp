#include "socketserver/service/exec_client.hpp"

#include <charconv>
#include <stdexcept>

#include "socketserver/net/wait.hpp"
#include "socketserver/service/header_framed.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

constexpr const char* kGone = "the server closed the connection instead of answering";

std::size_t checked_size(std::int64_t size) {
  if (size < 0 || static_cast<std::uint64_t>(size) > ExecClient::kAnswerLimit)
    throw FramingError("the server announced " + std::to_string(size) + " bytes, not 0 to " +
                       std::to_string(ExecClient::kAnswerLimit));
  return static_cast<std::size_t>(size);
}

std::size_t decimal(std::string_view digits) {
  std::int64_t size = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw FramingError("the server sent '" + printable(digits, 40) + "', which is no length");
  return checked_size(size);
}

}  // namespace

ExecClient::ExecClient(Socket& socket, ExecFraming framing)
    : socket_(socket), framing_(framing), reader_(socket), writer_(socket) {}

ExecAnswer ExecClient::run(std::string_view command) {
  const std::string request =
      std::string(command) + std::string(framing_ == ExecFraming::kJson ? kExecWantsStreams : "");
  if (command.empty()) throw std::invalid_argument("the command is empty");
  if (request.size() > kExecRequestSize)
    throw std::length_error("the command is longer than " +
                            std::to_string(kExecRequestSize - (request.size() - command.size())) + " bytes");
  socket_.sendall(request);
  switch (framing_) {
    case ExecFraming::kRaw:
      return read_raw();
    case ExecFraming::kReady:
      return read_ready();
    case ExecFraming::kLength:
      return read_length_prefixed();
    case ExecFraming::kJson:
      break;
  }
  return read_json();
}

ExecAnswer ExecClient::read_raw() {
  ExecAnswer answer;
  do {
    const std::string more = reader_.read1(kAnswerLimit);
    if (more.empty() && answer.data.empty()) throw EOFError(kGone);
    if (more.empty()) break;
    answer.data += more;
  } while (answer.data.size() < kAnswerLimit && wait_readable(socket_.fileno(), Deadline::after(kQuiet)));
  return answer;
}

ExecAnswer ExecClient::read_ready() {
  ExecAnswer answer;
  const std::string digits = reader_.read1(kExecRequestSize);
  if (digits.empty()) throw EOFError(kGone);
  const std::size_t size = decimal(digits);
  socket_.sendall(kExecReady);
  answer.data = reader_.read_exactly(size);
  return answer;
}

ExecAnswer ExecClient::read_length_prefixed() {
  auto data = LengthPrefixed(reader_, writer_, kAnswerLimit).receive();
  if (!data) throw EOFError(kGone);
  ExecAnswer answer;
  answer.data = std::move(*data);
  return answer;
}

ExecAnswer ExecClient::read_json() {
  auto message = HeaderFramed(reader_, writer_, kExecSizeKey, {.body = kAnswerLimit}).receive();
  if (!message) throw EOFError(kGone);
  const Json& header = message->header;
  ExecAnswer answer;
  answer.data = std::move(message->body);
  answer.status = header.find_int("status");
  answer.signal = header.find_int("signal");
  answer.timed_out = header.find_bool("timed_out").value_or(false);
  answer.truncated = header.find_bool("truncated").value_or(false);
  if (const auto size = header.find_int("stderr_size")) {
    if (checked_size(*size) > answer.data.size()) throw FramingError("stderr_size is more than data_size");
    answer.errors = answer.data.substr(0, checked_size(*size));
    answer.data.erase(0, answer.errors.size());
  }
  return answer;
}

}  // namespace socketserver
