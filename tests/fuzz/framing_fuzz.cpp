// Frames from a stream that comes in pieces, the size of which is the first byte.
#include "fuzz/fuzz.hpp"
#include "socketserver/io/framing.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream = fuzz::text(data + 1, size - 1);
  constexpr std::size_t kLimit = 1000;
  fuzz::ScriptedSocket socket(stream, data[0]);
  Reader reader(socket, data[0] % 64);
  std::string read;
  try {
    for (;;) {
      const std::string message = read_frame(reader, kLimit);
      fuzz::must(message.size() <= kLimit, "no message is over the limit");
      read += frame(message);
      fuzz::must(stream.starts_with(read), "messages are what the stream holds");
    }
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  }
  return 0;
}
