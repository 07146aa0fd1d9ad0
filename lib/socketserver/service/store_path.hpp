// Names of files in a store, as peers spell them.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// The store will not have this file: its name is none, or something is in its place. what() is for the peer,
/// too.
class RefusedError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where a file is below a directory: names from the top down, none of which leads elsewhere. A value.
class StorePath {
 public:
  /// Of directories within one another; trees that people make have half as many. A walk has one descriptor
  /// open for each.
  static constexpr std::size_t kDeepest = 32;
  /// Names that begin so are those of parts (file_store.hpp), and nobody else's.
  static constexpr std::string_view kPartPrefix = ".upload-part-";

  /// RefusedError when it is empty, "." or "..", longer than 255 bytes, no UTF-8, begins with kPartPrefix, or
  /// holds '/', a NUL or another control character.
  static void check_name(std::string_view name);

  /// The directory itself.
  StorePath() = default;
  /// The file named by the last part of a path with '/'; RefusedError as for check_name().
  static StorePath last_part(std::string_view path);
  /// "a/b/c.txt", every part of which counts. RefusedError when one is no name (so also for a '/' in front,
  /// at the end, or twice), for over kDeepest directories, and over 4095 bytes.
  static StorePath relative(std::string_view path);

  bool empty() const noexcept { return names_.empty(); }
  /// Its last name. REQUIRES: !empty().
  const std::string& name() const noexcept { return names_.back(); }
  std::span<const std::string> names() const noexcept { return names_; }
  /// Its names but the last.
  std::span<const std::string> directories() const noexcept;
  /// As relative() takes it.
  std::string text() const;

 private:
  std::vector<std::string> names_;
};

/// Opens the directory `names` below `top`, one after the other, and without following a symbolic link.
/// RefusedError where something else has that name, FileNotFoundError where there is none, and OSError.
/// With `there`, missing ones are made first; it tells how many were there before, also when it throws.
Fd open_directories(int top, std::span<const std::string> names, std::size_t* there = nullptr);

/// Removes those behind the first `there`, which were made, but for those that are in use by then.
void remove_directories(int top, std::span<const std::string> names, std::size_t there) noexcept;

}  // namespace socketserver
