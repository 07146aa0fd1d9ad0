// What fuzz targets share. A target is a <name>_fuzz.cpp in this folder: it defines LLVMFuzzerTestOneInput(),
// lets through no exception (those that the parser promises it catches), checks with must() what has to hold
// for whatever is accepted, and needs the library alone. Its seeds are small files in corpus/<name>/; what
// fuzzing found joins them, and stays as an ordinary test, too. <name>.dict, where there is one, holds words
// that a fuzzer would be long in guessing (libFuzzer's form: "word" in quotes, one a line).
//
// Run them:  cmake [-D SECONDS=600] [-D ONLY=<regex of names>] -P cmake/fuzz.cmake
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "socketserver/net/socket.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace socketserver::fuzz {

/// What does not hold is a find: the process ends, and the input is kept.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "it must hold that %s\n", what);
  std::abort();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A connection on which a peer sends `bytes`, `piece` at a time, and then ends; whatever it is sent is lost.
/// Borrows the bytes.
class ScriptedSocket : public Socket {
 public:
  ScriptedSocket(std::string_view bytes, std::size_t piece)
      : bytes_(bytes), piece_(std::max<std::size_t>(piece, 1)) {}

  std::size_t recv_into(std::span<char> buffer, int = 0) override {
    const std::size_t size = std::min({buffer.size(), bytes_.size(), piece_});
    std::copy_n(bytes_.data(), size, buffer.data());
    bytes_.remove_prefix(size);
    return size;
  }
  std::size_t send(std::string_view data, int = 0) override { return data.size(); }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

}  // namespace socketserver::fuzz
