#include "load/pattern.hpp"

namespace socketserver::apps {

Pattern::Pattern(std::size_t size) : size_(size), bytes_(size + kMessages, '\0') {
  std::uint32_t state = 2463534242U;  // of Marsaglia's xorshift, whose own example begins so
  for (char& byte : bytes_) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    byte = static_cast<char>(state >> 24);
  }
}

}  // namespace socketserver::apps
