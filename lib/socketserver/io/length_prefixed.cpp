#include "socketserver/io/length_prefixed.hpp"

namespace socketserver {

std::optional<std::string> LengthPrefixed::receive() {
  if (!length_) {
    if (reader_.peek().empty()) return std::nullopt;
    if (!until_) until_ = Deadline::after(time_);
    length_ = read_length(reader_, limit_, *until_);
  }
  std::string message = reader_.read_exactly(*length_, *until_);
  length_.reset();
  until_.reset();
  return message;
}

void LengthPrefixed::send(std::string_view message) {
  check_limit(message.size(), limit_);
  writer_.write(frame(message));
}

}  // namespace socketserver
