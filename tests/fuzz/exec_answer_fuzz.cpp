// What a server answers to the client of exec. The first byte is the form of the answer, and the size of the
// pieces in which it comes.
#include <array>

#include "fuzz/fuzz.hpp"
#include "socketserver/io/framing.hpp"
#include "socketserver/json/error.hpp"
#include "socketserver/service/exec_client.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Not raw, which waits for a silence.
  constexpr std::array kForms{ExecFraming::kJson, ExecFraming::kLength, ExecFraming::kReady};
  const std::string_view stream = fuzz::text(data + 1, size - 1);
  fuzz::ScriptedSocket socket(stream, data[0] / kForms.size());
  ExecClient client(socket, kForms[data[0] % kForms.size()]);
  try {
    std::size_t got = 0;
    for (;;) {
      const ExecAnswer answer = client.run("true");
      got += answer.data.size() + answer.errors.size();
      fuzz::must(got <= stream.size(), "answers are part of what came");
    }
  } catch (const FramingError&) {
  } catch (const EOFError&) {
  } catch (const JsonError&) {
  }
  return 0;
}
