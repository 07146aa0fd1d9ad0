#include "socketserver/service/md5_pipe.hpp"

#include <system_error>

namespace socketserver {

void Md5Pipe::start_if_worth_it() {
  if (pushed_ < kWorthAThread || expected_size_ < pushed_ + kWorthAThread) return;
  if (std::thread::hardware_concurrency() < 2) return;
  expected_size_ = 0;  // it is tried once
  blocks_.resize(kBlocks);
  free_ = kBlocks;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {  // no threads left: slower, and just as right
  }
}

Md5Pipe::~Md5Pipe() { stop(); }

void Md5Pipe::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string& Md5Pipe::block() {
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return free_ > 0; });
  }
  return blocks_[current_];
}

void Md5Pipe::push(std::size_t size) {
  if (!thread_.joinable()) {
    md5_.update({blocks_[current_].data(), size});
    pushed_ += size;
    return start_if_worth_it();
  }
  {
    const std::lock_guard lock(mutex_);
    filled_.push_back({current_, size});
    --free_;
  }
  current_ = (current_ + 1) % blocks_.size();
  changed_.notify_all();
}

// Blocks come back in the order in which they went in, so that a count is all there is to know of free ones.
void Md5Pipe::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !filled_.empty(); });
    if (filled_.empty()) return;
    const Filled next = filled_.front();
    filled_.pop_front();
    lock.unlock();
    md5_.update({blocks_[next.block].data(), next.size});
    lock.lock();
    ++free_;
    changed_.notify_all();
  }
}

Md5::Digest Md5Pipe::digest() {
  stop();
  return md5_.digest();
}

}  // namespace socketserver
