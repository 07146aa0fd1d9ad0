#include "socketserver/io/writer.hpp"

namespace socketserver {

std::size_t Writer::write(std::string_view data) {
  if (socket_ != nullptr && buffer_.size() + data.size() >= capacity_) {
    flush();
    if (!data.empty()) socket_->sendall(data);
  } else {
    buffer_ += data;
  }
  return data.size();
}

void Writer::flush() {
  if (socket_ == nullptr || buffer_.empty()) return;
  try {
    socket_->sendall(buffer_);
  } catch (...) {
    buffer_.clear();
    throw;
  }
  buffer_.clear();
}

}  // namespace socketserver
