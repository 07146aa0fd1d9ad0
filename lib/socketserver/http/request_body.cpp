#include "socketserver/http/request_body.hpp"

#include <algorithm>
#include <array>

#include "socketserver/http/status.hpp"

namespace socketserver {

RequestBody::RequestBody(Reader& reader, const RequestHead& head, std::uint64_t most)
    : reader_(&reader),
      chunks_(reader),
      is_chunked_(head.chunked()),
      left_(head.content_length()),
      most_(most) {
  if (left_ > most_) throw HTTPError(HTTPStatus::REQUEST_ENTITY_TOO_LARGE);
}

std::size_t RequestBody::readinto1(std::span<char> bytes) {
  if (finished() || bytes.empty()) return 0;
  std::size_t got = 0;
  if (is_chunked_) {
    got = chunks_.readinto1(bytes);
  } else {
    got = reader_->readinto1(bytes.first(std::min<std::uint64_t>(bytes.size(), left_)));
    if (got == 0) throw EOFError("the stream ended within a body");
    left_ -= got;
  }
  received_ += got;
  if (received_ > most_) throw HTTPError(HTTPStatus::REQUEST_ENTITY_TOO_LARGE);
  return got;
}

bool RequestBody::discard(std::uint64_t most) {
  std::array<char, 16'384> dropped;  // fits every stack
  for (const std::uint64_t limit = received_ + most; !finished() && received_ < limit;) readinto1(dropped);
  if (!finished() && is_chunked_) readinto1({dropped.data(), 1});  // the end of chunks is seen by asking
  return finished();
}

}  // namespace socketserver
