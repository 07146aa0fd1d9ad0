// The field Range. The first eight bytes are the size of the file.
#include <cstring>

#include "fuzz/fuzz.hpp"
#include "socketserver/http/range.hpp"

using namespace socketserver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t file = 0;
  if (size < sizeof file) return 0;
  std::memcpy(&file, data, sizeof file);
  const ByteRange range = parse_range(fuzz::text(data + sizeof file, size - sizeof file), file);
  if (range.kind == ByteRange::Kind::kPart)
    fuzz::must(range.count > 0 && range.first < file && range.count <= file - range.first,
               "a range is a part of the file");
  return 0;
}
