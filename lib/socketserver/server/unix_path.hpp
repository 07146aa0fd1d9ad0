// The file that a Unix domain socket is bound to.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "socketserver/net/address.hpp"

namespace socketserver {

/// Takes over the file that a dead server left behind, and removes our own, and only that, when we close.
/// A living server's file, whether it listens yet or not, and one that is no socket, are never touched. One
/// thread.
class UnixPath {
 public:
  /// Calls `bind`; where the path is in use by nobody who answers, removes it and calls `bind` again.
  /// Of servers that do so at the same time, one wins.
  void bind(const Address& address, const std::function<void()>& bind);
  /// Removes the file if it is still the one that was bound.
  void remove() noexcept;
  /// Leaves the file to somebody else: the parent process.
  void disown() noexcept { path_.clear(); }

 private:
  std::string path_;  // empty: nothing of ours
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace socketserver
