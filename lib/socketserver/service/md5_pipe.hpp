// MD5 of a stream, computed while the stream is received.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "socketserver/crypto/md5.hpp"

namespace socketserver {

/// Blocks go round: the caller fills one and hands it in; a thread of its own hashes it meanwhile and gives
/// it back, where the machine has a second core and the stream is long enough to be worth a thread, and else
/// the caller itself does. What is announced alone costs nothing: the thread begins, and there is more than
/// one block, once enough has come. One thread calls.
class Md5Pipe {
 public:
  /// A thread costs as much as hashing some 10 KiB; for so many bytes that is nothing. It begins once as many
  /// have come before them.
  static constexpr std::uint64_t kWorthAThread = std::uint64_t{1} << 20;
  /// Blocks in flight: enough for neither side to wait for the other's jitter.
  static constexpr std::size_t kBlocks = 4;

  explicit Md5Pipe(std::uint64_t expected_size) : expected_size_(expected_size), blocks_(1) {}
  ~Md5Pipe();
  Md5Pipe(const Md5Pipe&) = delete;
  Md5Pipe& operator=(const Md5Pipe&) = delete;

  /// A block to fill, empty at first, which is resized at will; waits until one is free. The caller's until
  /// push().
  std::string& block();
  /// Hashes the first `size` bytes of that block, now or soon.
  void push(std::size_t size);
  /// Of all that was pushed. Once, at the end.
  Md5::Digest digest();

 private:
  struct Filled {
    std::size_t block, size;
  };

  void start_if_worth_it();
  void work();
  void stop();

  std::uint64_t expected_size_, pushed_ = 0;  // the latter only without a thread
  Md5 md5_;                                   // the thread's until it has ended
  std::vector<std::string> blocks_;
  std::size_t current_ = 0;  // the caller's

  std::mutex mutex_;  // guards the next three
  std::deque<Filled> filled_;
  std::size_t free_ = 0;  // blocks that neither the caller nor the thread has
  bool ended_ = false;
  std::condition_variable changed_;

  std::thread thread_;  // none: the caller hashes
};

}  // namespace socketserver
