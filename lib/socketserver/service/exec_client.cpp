#include "socketserver/service/exec_client.hpp"

#include <charconv>
#include <stdexcept>

#include "socketserver/io/framing.hpp"
#include "socketserver/json/json.hpp"
#include "socketserver/net/wait.hpp"
#include "socketserver/service/text.hpp"

namespace socketserver {
namespace {

// Headers of this protocol have some dozens of bytes.
constexpr std::size_t kHeaderLimit = 65536;

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
    : socket_(socket), framing_(framing), reader_(socket) {}

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
      return {reader_.read_exactly(read_length(reader_, kAnswerLimit)), {}, {}, {}, false, false};
    case ExecFraming::kJson:
      break;
  }
  return read_json();
}

ExecAnswer ExecClient::read_raw() {
  ExecAnswer answer;
  do {
    const std::string more = reader_.read1(kAnswerLimit);
    if (more.empty()) break;
    answer.data += more;
  } while (answer.data.size() < kAnswerLimit && wait_readable(socket_.fileno(), Deadline::after(kQuiet)));
  return answer;
}

ExecAnswer ExecClient::read_ready() {
  ExecAnswer answer;
  const std::string digits = reader_.read1(kExecRequestSize);
  if (digits.empty()) throw EOFError("the server closed the connection instead of answering");
  const std::size_t size = decimal(digits);
  socket_.sendall(kExecReady);
  answer.data = reader_.read_exactly(size);
  return answer;
}

ExecAnswer ExecClient::read_json() {
  const Json header = Json::parse(read_frame(reader_, kHeaderLimit));
  const std::size_t size = checked_size(header.get_int("data_size"));
  const auto stderr_size = header.find_int("stderr_size");
  ExecAnswer answer;
  answer.status = header.find_int("status");
  answer.signal = header.find_int("signal");
  answer.timed_out = header.find_bool("timed_out").value_or(false);
  answer.truncated = header.find_bool("truncated").value_or(false);
  if (stderr_size) {
    if (checked_size(*stderr_size) > size) throw FramingError("stderr_size is more than data_size");
    answer.errors = reader_.read_exactly(checked_size(*stderr_size));
  }
  answer.data = reader_.read_exactly(size - answer.errors.size());
  return answer;
}

}  // namespace socketserver
