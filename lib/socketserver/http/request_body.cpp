#include "socketserver/http/request_body.hpp"

#include <algorithm>

#include "socketserver/http/status.hpp"

namespace socketserver {

RequestBody::RequestBody(Reader& reader, const RequestHead& head, std::uint64_t most)
    : reader_(&reader),
      chunks_(reader),
      is_chunked_(head.chunked()),
      left_(head.content_length()),
      most_(most) {}

void RequestBody::check_size() const {
  if (received_ > most_ || left_ > most_ - received_) throw HTTPError(HTTPStatus::REQUEST_ENTITY_TOO_LARGE);
}

std::size_t RequestBody::readinto1(std::span<char> bytes) {
  if (finished() || bytes.empty()) return 0;
  check_size();
  std::size_t got = 0;
  if (is_chunked_) {
    got = chunks_.readinto1(bytes);
  } else {
    got = reader_->readinto1(bytes.first(std::min<std::uint64_t>(bytes.size(), left_)));
    if (got == 0) throw EOFError("the stream ended within a body");
    left_ -= got;
  }
  received_ += got;
  check_size();
  return got;
}

}  // namespace socketserver
