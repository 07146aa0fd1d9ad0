// The format of the time service, which anybody may send, under any source address.
#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "socketserver/service/text.hpp"
#include "socketserver/service/time.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view format = fuzz::text(data, size);
  const std::string answer = time_answer(format, 1'700'000'000);
  // time.hpp promises both.
  fuzz::must(answer.size() <= kMostTime, "an answer fits a datagram");
  fuzz::must(answer.size() <= std::max<std::size_t>(12 * size, 60), "no answer is larger than promised");
  fuzz::must(is_utf8(answer), "an answer is UTF-8");
  return 0;
}
