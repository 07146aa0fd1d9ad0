// Chunked bodies. The first byte is the size of the pieces in which they come and are read.
#include <string>

#include "fuzz/fuzz.hpp"
#include "socketserver/http/chunked.hpp"
#include "socketserver/http/status.hpp"

using namespace socketserver;

namespace {

// Reads a body; what was read before it ended, or could not be understood, is in `body`.
bool read_whole(std::string_view bytes, std::size_t piece, std::string& body, std::string& rest) {
  fuzz::ScriptedSocket socket(bytes, piece);
  Reader reader(socket, 64);
  ChunkedReader chunks(reader);
  std::string block(piece + 1, '\0');
  try {
    for (std::size_t got; (got = chunks.readinto1(block)) > 0;) body.append(block, 0, got);
    rest = reader.read();
    return true;
  } catch (const HTTPError& error) {
    fuzz::must(error.code() == HTTPStatus::BAD_REQUEST, "what is no chunk is a bad request");
  } catch (const EOFError&) {
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  std::string body, rest, again, rest_again;
  const bool whole = read_whole(bytes, data[0] % 64u + 1, body, rest);
  fuzz::must(body.size() <= bytes.size(), "a body is part of what came");
  fuzz::must(
      read_whole(bytes, bytes.size() + 1, again, rest_again) == whole && again == body && rest_again == rest,
      "a body is the same however it is cut");
  if (!whole) return 0;
  std::string written, read, left;
  if (!body.empty()) append_chunk(written, body);
  written += kLastChunk;
  fuzz::must(read_whole(written, 7, read, left) && read == body && left.empty(),
             "what is written can be read");
  return 0;
}
