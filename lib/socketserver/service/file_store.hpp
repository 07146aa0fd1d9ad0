// A directory into which files from strangers come, whole or not at all.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "socketserver/net/fd.hpp"

namespace socketserver {

/// The store will not have this file: its name is none, or something is in its place. what() is for the peer,
/// too.
class RefusedError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Files grow beside their place, under names that begin with kPartPrefix, and are put there by rename(2)
/// once they are complete and on the disk: whatever happens, a name has its old file or its new one. Symbolic
/// links in the directory are never followed. Several stores, in several processes, may share one directory.
/// Any thread may call; the store outlives its parts.
class FileStore {
 public:
  static constexpr std::string_view kPartPrefix = ".upload-part-";

  /// Opens `directory`, creating it where it is missing, and removes the parts that dead processes left
  /// there; those of living ones are locked (flock(2)). Throws OSError that names the directory.
  explicit FileStore(const std::string& directory);

  /// The name that a file gets here: the last part of a path with '/'. RefusedError when that is empty, "."
  /// or "..", longer than 255 bytes, begins with kPartPrefix, or holds a NUL or another control character.
  static std::string name_for(std::string_view path);

  int fileno() const noexcept { return directory_.get(); }

 private:
  void remove_stale_parts();

  Fd directory_;
};

/// A file on its way into a store; gone again unless commit() was called. One thread.
class FilePart {
 public:
  /// RefusedError for a bad name (name_for), OSError when it cannot be created.
  FilePart(const FileStore& store, std::string_view path);
  ~FilePart();
  FilePart(const FilePart&) = delete;
  FilePart& operator=(const FilePart&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// Appends. OSError when the disk is full, and so on.
  void write(std::string_view bytes);
  /// Brings it to the disk and to its name, where it replaces what was there. OSError when that fails,
  /// RefusedError when a directory is there.
  void commit();

 private:
  const FileStore& store_;
  std::string name_, part_name_;
  Fd file_;
};

}  // namespace socketserver
