#include "socketserver/http/chunked.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "socketserver/http/status.hpp"
#include "socketserver/http/syntax.hpp"

namespace socketserver {
namespace {

[[noreturn]] void bad_chunk(const char* why) { throw HTTPError(HTTPStatus::BAD_REQUEST, why); }

// 15 digits hold more than any disk, and nothing overflows.
constexpr std::size_t kMostDigits = 15;

std::uint64_t parse_size(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && http::hex_value(line[digits]) >= 0; ++digits) {
    if (digits == kMostDigits) bad_chunk("The size of a chunk is too large");
    size = size * 16 + static_cast<std::uint64_t>(http::hex_value(line[digits]));
  }
  if (digits == 0) bad_chunk("The size of a chunk is no number");
  const std::string_view extension = line.substr(digits);
  if (!extension.empty() && extension.front() != ';') bad_chunk("The size of a chunk is no number");
  if (!http::is_field_value(extension)) bad_chunk("A chunk's extension holds a control character");
  return size;
}

}  // namespace

// A line without its end.
std::string ChunkedReader::line(std::size_t limit) {
  auto line = reader_->readline(limit);
  if (!line || (line->back() != '\n' && line->size() < limit))
    throw EOFError("the stream ended within a chunked body");
  if (!line->ends_with("\r\n")) bad_chunk("A line of a chunked body is too long, or does not end by CRLF");
  line->resize(line->size() - 2);
  return std::move(*line);
}

// To the next state that has data, or to the end.
void ChunkedReader::advance() {
  switch (state_) {
    case State::kSize:
      left_ = parse_size(line(kLongestSizeLine));
      state_ = left_ > 0 ? State::kData : State::kTrailer;
      break;
    case State::kDataEnd:
      if (!line(kChunkEnd.size()).empty()) bad_chunk("A chunk is longer than its size");
      state_ = State::kSize;
      break;
    case State::kTrailer: {
      const std::string field = line(kMostTrailerBytes - trailer_);
      trailer_ += field.size() + kChunkEnd.size();
      if (!http::is_field_value(field) || trailer_ >= kMostTrailerBytes)
        bad_chunk("The trailer holds a control character, or is too long");
      if (field.empty())
        state_ = State::kEnd;
      else if (http::find_field_colon(field) == field.npos)
        bad_chunk("The trailer holds what is no header field");
      break;
    }
    case State::kData:
    case State::kEnd:
      break;
  }
}

std::size_t ChunkedReader::readinto1(std::span<char> bytes) {
  if (bytes.empty()) return 0;
  while (state_ != State::kData && state_ != State::kEnd) advance();
  if (state_ == State::kEnd) return 0;
  const std::size_t got = reader_->readinto1(bytes.first(std::min<std::uint64_t>(bytes.size(), left_)));
  if (got == 0) throw EOFError("the stream ended within a chunk");
  left_ -= got;
  if (left_ == 0) state_ = State::kDataEnd;
  return got;
}

std::string chunk_begin(std::size_t size) {
  char text[2 * sizeof size];
  const auto end = std::to_chars(text, text + sizeof text, size, 16).ptr;
  return std::string(text, end) + "\r\n";
}

void append_chunk(std::string& text, std::string_view data) {
  assert(!data.empty());
  text += chunk_begin(data.size());
  text += data;
  text += kChunkEnd;
}

}  // namespace socketserver
