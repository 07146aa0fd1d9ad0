#include "socketserver/io/delimited.hpp"

#include <algorithm>
#include <stdexcept>

namespace socketserver {

Delimited::Delimited(Reader& reader, Writer& writer, std::string delimiter, std::size_t limit, Timeout time)
    : reader_(reader), writer_(writer), delimiter_(std::move(delimiter)), time_(time) {
  if (delimiter_.empty()) throw std::invalid_argument("the delimiter is empty");
  limit_ = std::min(limit, Reader::kAll - delimiter_.size());
}

std::optional<std::string> Delimited::receive() {
  if (reader_.peek().empty()) return std::nullopt;
  if (!until_) until_ = Deadline::after(time_);
  auto message = reader_.readuntil(delimiter_, limit_ + delimiter_.size(), *until_);
  until_.reset();
  if (message->ends_with(delimiter_)) {
    message->resize(message->size() - delimiter_.size());
    return message;
  }
  if (message->size() > limit_)
    throw FramingError("a message is over the limit of " + std::to_string(limit_) + " bytes");
  throw EOFError("the stream ended within a message, after " + std::to_string(message->size()) +
                 " bytes without a delimiter");
}

void Delimited::send(std::string_view message) {
  check_limit(message.size(), limit_);
  const std::string whole = std::string(message) + delimiter_;
  if (whole.find(delimiter_) != message.size())
    throw std::invalid_argument("the message holds the delimiter, and would end there");
  writer_.write(whole);
}

}  // namespace socketserver
