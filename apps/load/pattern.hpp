// The bytes that a load sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace socketserver::apps {

/// Messages of one size that all differ from the one before, without being written anew: slices of the same
/// random bytes. Immutable.
class Pattern {
 public:
  explicit Pattern(std::size_t size);

  std::size_t size() const { return size_; }
  /// The `number`th message.
  std::string_view message(std::uint64_t number) const {
    return std::string_view(bytes_).substr(number % kMessages, size_);
  }

 private:
  // Prime, so that no count of connections or windows falls in step with it.
  static constexpr std::size_t kMessages = 251;

  std::size_t size_;
  std::string bytes_;
};

}  // namespace socketserver::apps
