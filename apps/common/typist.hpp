// A person at a server: reads what is typed while the server serves.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "common/line_input.hpp"
#include "socketserver/net/deadline.hpp"
#include "socketserver/net/wakeup.hpp"

namespace socketserver::apps {

/// A thread of its own, from construction until this goes. It survives the end of input.
class Typist {
 public:
  struct Calls {
    std::function<bool()> wants_lines;  ///< whether to read on; asked again four times a second
    std::function<void(const std::string& line)> typed;  ///< each line
    std::function<void()> tick;                          ///< four times a second
  };
  /// `input` must outlive it. Calls come from its thread.
  Typist(LineInput& input, Calls calls);
  ~Typist();
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;

 private:
  void run();
  void wait(Deadline deadline);

  LineInput& input_;
  Calls calls_;
  std::atomic<bool> ending_ = false;
  Wakeup wakeup_;
  std::thread thread_;
};

}  // namespace socketserver::apps
