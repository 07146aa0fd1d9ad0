// The three framings, from a stream that comes in pieces. The first byte chooses the framing and the size of
// the pieces, the second the size of the reader's buffer.
#include <array>

#include "fuzz/fuzz.hpp"
#include "socketserver/io/delimited.hpp"
#include "socketserver/io/length_prefixed.hpp"
#include "socketserver/service/header_framed.hpp"

using namespace socketserver;

namespace {

constexpr std::size_t kLimit = 1000;

/// Receives all messages of `reader` and sends each again: what comes out is what went in.
template <class Messages>
void echo(Messages messages, const Writer& writer, std::string_view stream) {
  while (const auto message = messages.receive()) {
    fuzz::must(message->size() <= kLimit, "no message is over the limit");
    messages.send(*message);
    fuzz::must(stream.starts_with(writer.getvalue()), "messages are what the stream holds");
  }
  fuzz::must(stream == writer.getvalue(), "nothing is lost where a stream ends well");
}

// Its header may have been written otherwise, and so is not compared byte by byte.
void echo_headers(Reader& reader, Writer& writer) {
  const HeaderFramedLimits limits{.header = kLimit, .body = kLimit};
  HeaderFramed messages(reader, writer, "size", limits);
  while (const auto message = messages.receive()) {
    Writer written;
    // What was written with UTF-8 may grow to six times its size.
    HeaderFramed(reader, written, "size", {.header = 6 * kLimit + 100, .body = kLimit})
        .send(message->header, message->body);
    Reader again(written.getvalue());
    const auto same =
        HeaderFramed(again, writer, "size", {.header = 6 * kLimit + 100, .body = kLimit}).receive();
    fuzz::must(same && same->body == message->body, "a body comes back");
    fuzz::must(same->header.as_object().size() == message->header.as_object().size(), "a header comes back");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // The last one may begin anew within itself.
  constexpr std::array kDelimiters{"\n", "\r\n", "--end--", "aab"};
  const std::string_view stream = fuzz::text(data + 2, size - 2);
  fuzz::ScriptedSocket socket(stream, data[0] / 8);
  Reader reader(socket, data[1]);
  Writer writer;
  const unsigned framing = data[0] % 8;
  try {
    if (framing < kDelimiters.size())
      echo(Delimited(reader, writer, kDelimiters[framing], kLimit), writer, stream);
    else if (framing < 6)
      echo(LengthPrefixed(reader, writer, kLimit), writer, stream);
    else
      echo_headers(reader, writer);
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  } catch (const JsonError&) {
  }
  return 0;
}
