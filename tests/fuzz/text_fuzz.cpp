// Text of peers on its way into a log.
#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "socketserver/service/text.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  constexpr std::size_t kMost = 40;
  for (const std::size_t most : {kMost, size}) {
    const std::string shown = printable(text, most);
    fuzz::must(is_utf8(shown), "what is printed is UTF-8");
    fuzz::must(std::ranges::none_of(shown, [](unsigned char c) { return c < ' ' || c == 0x7F; }),
               "nothing printed controls a terminal");
    fuzz::must(shown.size() <= 4 * most + 3, "what is printed has a limit");
  }
  is_utf8(text);
  return 0;
}
