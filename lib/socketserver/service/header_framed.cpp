#include "socketserver/service/header_framed.hpp"

#include <algorithm>

namespace socketserver {
namespace {

// For passing over what nobody asked for; the size matters little.
constexpr std::size_t kPiece = 65536;

Json parse_header(const std::string& text) {
  Json header = Json::parse(text, {.bytes = text.size()});  // its frame had the limit
  header.as_object();
  return header;
}

}  // namespace

Json read_header(Reader& reader, std::size_t limit, Deadline until) {
  return parse_header(read_frame(reader, limit, until));
}

HeaderFramed::HeaderFramed(Reader& reader, Writer& writer, std::string size_key,
                           const HeaderFramedLimits& limits)
    : reader_(reader),
      writer_(writer),
      size_key_(std::move(size_key)),
      limits_(limits),
      headers_(reader, writer, limits.header, limits.time) {}

std::optional<HeaderFramed::Message> HeaderFramed::receive() {
  if (!begun_) begun_ = receive_header();
  if (!begun_) return std::nullopt;
  std::string body = reader_.read_exactly(static_cast<std::size_t>(remaining_), until_);
  remaining_ = 0;
  return Message{*std::exchange(begun_, {}), std::move(body)};
}

std::optional<Json> HeaderFramed::receive_header() {
  begun_.reset();
  while (remaining_ > 0) receive_some(kPiece);
  const auto text = headers_.receive();
  if (!text) return std::nullopt;
  Json header = parse_header(*text);
  const std::int64_t size = header.get_int(size_key_);
  if (size < 0 || static_cast<std::uint64_t>(size) > limits_.body)
    throw FramingError("\"" + size_key_ + "\" is " + std::to_string(size) + ", not 0 to " +
                       std::to_string(limits_.body));
  remaining_ = static_cast<std::uint64_t>(size);
  until_ = Deadline::after(limits_.time);
  return header;
}

std::string HeaderFramed::receive_some(std::size_t most) {
  most = static_cast<std::size_t>(std::min<std::uint64_t>(most, remaining_));
  if (most == 0) return {};
  std::string piece = reader_.read1(most);
  if (piece.empty())
    throw EOFError("the stream ended " + std::to_string(remaining_) + " bytes before the end of a message");
  remaining_ -= piece.size();
  return piece;
}

std::string HeaderFramed::framed_header(const Json& header, std::uint64_t size) const {
  check_limit(size, limits_.body);
  Json whole = Json::object({{size_key_, size}});
  for (const auto& [key, value] : header.as_object())
    if (key != size_key_) whole.set(key, value);
  const std::string text = whole.dump();
  check_limit(text.size(), limits_.header);
  return frame(text);
}

void HeaderFramed::send(const Json& header, std::string_view body) {
  writer_.write(framed_header(header, body.size()).append(body));
}

void HeaderFramed::send_header(const Json& header, std::uint64_t size) {
  writer_.write(framed_header(header, size));
}

}  // namespace socketserver
