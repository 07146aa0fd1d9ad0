// Who wants to know when a socket waits.
#pragma once

namespace socketserver {

/// Told by a Socket when one of its calls has to wait, by the thread that waits.
class WaitObserver {
 public:
  enum class For : unsigned char { kData, kRoom };
  virtual void wait_begins(For what) noexcept = 0;
  virtual void wait_ends() noexcept = 0;

 protected:
  ~WaitObserver() = default;
};

}  // namespace socketserver
