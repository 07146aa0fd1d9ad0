#include "socketserver/io/reader.hpp"

#include <algorithm>

#include "socketserver/net/deadline_scope.hpp"

namespace socketserver {
namespace {

// read() of an announced size grows by this, so that an announcement alone costs no memory.
constexpr std::size_t kChunk = 65536;

// Where in `rest` a delimiter ends that began in the `text` before; npos: none does.
std::size_t end_across(std::string_view delimiter, std::string_view text, std::string_view rest) {
  const std::size_t before = std::min(text.size(), delimiter.size() - 1);
  std::string seam(text.substr(text.size() - before));
  seam += rest.substr(0, delimiter.size() - 1);
  const std::size_t found = seam.find(delimiter);
  return found == seam.npos ? found : found + delimiter.size() - before;
}

// Where in `rest`, which comes after `text`, the first delimiter ends; npos: nowhere.
std::size_t end_of(std::string_view delimiter, std::string_view text, std::string_view rest) {
  if (delimiter.size() == 1) {  // lines are what most ask for, and a byte is found quicker
    const std::size_t found = rest.find(delimiter.front());
    return found == rest.npos ? found : found + 1;
  }
  if (const std::size_t across = end_across(delimiter, text, rest); across != rest.npos) return across;
  const std::size_t found = rest.find(delimiter);
  return found == rest.npos ? found : found + delimiter.size();
}

/// A DeadlineScope where there is a socket, and a deadline.
class Until {
 public:
  Until(Socket* socket, Deadline deadline) {
    if (socket != nullptr && !deadline.is_never()) scope_.emplace(*socket, deadline);
  }

 private:
  std::optional<DeadlineScope> scope_;
};

}  // namespace

Reader::Reader(Socket& socket, std::size_t buffer_size) : socket_(&socket), capacity_(buffer_size) {}

std::size_t Reader::fill() {
  if (begin_ != end_ || socket_ == nullptr) return end_ - begin_;
  buffer_.resize(std::max<std::size_t>(capacity_, 1));  // memory is taken when the first byte is wanted
  begin_ = end_ = 0;
  return end_ = socket_->recv_into(buffer_);
}

std::size_t Reader::take(std::span<char> bytes) {
  const std::size_t size = std::min(bytes.size(), end_ - begin_);
  std::copy_n(buffer_.data() + begin_, size, bytes.data());
  begin_ += size;
  return size;
}

// For when a call fails that emptied the buffer.
void Reader::put_back(std::string bytes) {
  buffer_ = std::move(bytes);
  begin_ = 0;
  end_ = buffer_.size();
}

std::optional<std::string> Reader::readline() {
  auto line = readline(kLineLimit);
  if (line && line->size() == kLineLimit && line->back() != '\n')
    throw std::length_error("a line is longer than " + std::to_string(kLineLimit) + " bytes");
  return line;
}

std::optional<std::string> Reader::readline(std::size_t limit) { return readuntil("\n", limit); }

std::optional<std::string> Reader::readuntil(std::string_view delimiter, std::size_t limit, Deadline until) {
  std::string text;
  try {
    const Until limited(socket_, until);
    while (text.size() < limit && fill() > 0) {
      const std::string_view rest = buffered().substr(0, limit - text.size());
      const std::size_t end = end_of(delimiter, text, rest);
      const std::size_t size = std::min(end, rest.size());
      text += rest.substr(0, size);
      begin_ += size;
      if (end != rest.npos) break;
    }
  } catch (...) {
    put_back(std::move(text));
    throw;
  }
  if (text.empty() && limit > 0) return std::nullopt;
  return text;
}

// `done` tells how far it came even when it throws.
void Reader::fill_in(std::span<char> bytes, std::size_t& done, Deadline until) {
  const Until end(socket_, until);
  for (std::size_t got = 1; done < bytes.size() && got > 0; done += got) got = readinto1(bytes.subspan(done));
}

std::size_t Reader::readinto(std::span<char> bytes) {
  std::size_t done = 0;
  fill_in(bytes, done, Deadline::never());
  return done;
}

std::size_t Reader::readinto1(std::span<char> bytes) {
  if (bytes.empty()) return 0;
  if (begin_ == end_ && socket_ != nullptr && bytes.size() >= capacity_) return socket_->recv_into(bytes);
  fill();
  return take(bytes);
}

std::string Reader::read(std::size_t size, Deadline until) {
  std::string data;
  while (data.size() < size) {
    const std::size_t before = data.size();
    data.resize(before + std::min(size - before, kChunk));
    std::size_t got = 0;
    try {
      fill_in({data.data() + before, data.size() - before}, got, until);
    } catch (...) {
      data.resize(before + got);
      put_back(std::move(data));
      throw;
    }
    const bool ended = before + got < data.size();
    data.resize(before + got);
    if (ended) break;
  }
  return data;
}

std::string Reader::read_exactly(std::size_t size, Deadline until) {
  std::string data = read(size, until);
  if (data.size() < size)
    throw EOFError("the stream ended " + std::to_string(size - data.size()) + " bytes before the " +
                   std::to_string(size) + " that were announced");
  return data;
}

std::string Reader::read1(std::size_t size) {
  const std::size_t at_once = capacity_ > 0 ? capacity_ : kDefaultBufferSize;
  std::string data(std::min(size, std::max(at_once, end_ - begin_)), '\0');
  data.resize(readinto1(data));
  return data;
}

std::string_view Reader::peek() {
  fill();
  return buffered();
}

}  // namespace socketserver
